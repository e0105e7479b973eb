/* fidelio-runner: the supervisor of one trial, a program of its own because it starts ten
 * times faster than the command, which must load its numerical libraries first. */
#include <fidelio/exec.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    int code = fid_runner_main(argc, argv);
    if (code == 2)
        fputs("fidelio-runner supervises one trial; `fidelio run` starts it.\n",
              stderr);
    return code;
}
