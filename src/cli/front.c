#include "cli/front.h"

#include <fidelio/acq.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cli_has_front(const fid_study *study)
{
    return fid_history_outline(fid_study_history(study))->n_objectives > 1;
}

void cli_front_deinit(cli_front *front)
{
    free(front->trials);
    *front = (cli_front){0};
}

/* Volume of out->trials, whose losses are counted from `ref`. */
static bool measure(const fid_history *history, const double *ref, cli_front *out)
{
    double *losses = fid_alloc(out->n * out->m, sizeof *losses);
    fid_front *front = NULL;
    for (size_t i = 0; losses && i < out->n * out->m; i++)
        losses[i] = fid_history_loss(history, out->trials[i / out->m], i % out->m);
    bool well = losses &&
                fid_front_create(&front, losses, out->n, out->m, ref) == FID_OK;
    out->volume = well && out->n > 0 ? fid_front_hypervolume(front) : 0;
    fid_front_destroy(front);
    free(losses);
    return well;
}

bool cli_front_find(const fid_study *study, cli_front *out)
{
    const fid_history *history = fid_study_history(study);
    double ref[4];
    *out = (cli_front){.m = fid_history_outline(history)->n_objectives};
    out->trials = fid_alloc(fid_history_n_trials(history), sizeof *out->trials);
    if (!out->trials ||
        fid_history_front(history, out->trials, &out->n, ref) != FID_OK ||
        !measure(history, ref, out)) {
        cli_front_deinit(out);
        return false;
    }
    for (size_t k = 0; k < out->m; k++)
        out->reference[k] = fid_history_sign(history, k) * ref[k];
    return true;
}

void cli_front_append_volume(const fid_study *study, const cli_front *front,
                             fid_text *out)
{
    const fid_outline *outline = fid_history_outline(fid_study_history(study));
    fid_text_printf(out, "hypervolume %.8g", front->volume);
    for (size_t k = 0; k < front->m; k++)
        fid_text_printf(out, "%s %s %.6g", k ? "," : " from", outline->metrics[k].name,
                        front->reference[k]);
}

void cli_front_append_table(const fid_study *study, const cli_front *front,
                            fid_text *out)
{
    cli_front_append_volume(study, front, out);
    fid_text_append(out, "\n");
    if (cli_trials_table(study, front->trials, front->n, out) != EXIT_OK)
        out->failed = true;
}

void cli_front_append_json(const fid_study *study, const cli_front *front,
                           fid_text *out)
{
    const fid_outline *outline = fid_history_outline(fid_study_history(study));
    fid_text_append(out, "\"hypervolume\":");
    fid_text_append_double(out, front->volume);
    fid_text_append(out, ",\"reference\":{");
    for (size_t k = 0; k < front->m; k++) {
        const char *name = outline->metrics[k].name;
        fid_text_append(out, k ? "," : "");
        fid_text_append_json(out, name, strlen(name));
        fid_text_append(out, ":");
        if (isfinite(front->reference[k]))
            fid_text_append_double(out, front->reference[k]);
        else
            fid_text_append(out, "null");
    }
    fid_text_append(out, "}");
}

void cli_front_json(const fid_study *study, const cli_front *front, fid_text *out)
{
    fid_text_append(out, "{");
    cli_front_append_json(study, front, out);
    fid_text_append(out, ",\"front\":[");
    for (size_t i = 0; i < front->n; i++) {
        fid_text_append(out, i ? "," : "");
        cli_trial_json(study, front->trials[i], false, out);
    }
    fid_text_append(out, "]}");
}
