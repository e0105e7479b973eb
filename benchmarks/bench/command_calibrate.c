/* calibrate [extrapolation|pruner]: what is said about learning curves, against what
 * came. */
#include "calibrate.h"

#include <string.h>

int bench_command_calibrate(const bench_command *command)
{
    const char *part = command->n_words ? command->words[0] : NULL;
    bool extrapolation = !part || strcmp(part, "extrapolation") == 0;
    bool pruner = !part || strcmp(part, "pruner") == 0;
    if (!extrapolation && !pruner) {
        fprintf(stderr, "calibrate: there are extrapolation and pruner, not '%s'\n",
                part);
        return 2;
    }
    if (extrapolation)
        calibrate_extrapolation(command);
    if (pruner)
        calibrate_pruner(command);
    return 0;
}
