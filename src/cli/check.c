/* `check`: how the sweep file was understood. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

static void print_ladder(const fid_sweep *sweep)
{
    double rungs[64];
    if (sweep->outline.fidelity.mode == FID_MODE_NONE)
        return;
    size_t n = fid_ladder(&sweep->outline.fidelity, rungs, 64);
    printf("rungs:");
    for (size_t i = 0; i < n && i < 64; i++)
        printf(" %g", rungs[i]);
    putchar('\n');
}

static int print_samples(const fid_sweep *sweep)
{
    fid_exec_local_options options;
    fid_error err = {0};
    fid_sweep_exec_options(sweep, &options);
    options.folder = "runs";
    double *u = fid_alloc(fid_space_dim(sweep->space), sizeof *u);
    fid_value *config = fid_alloc(fid_space_n_params(sweep->space), sizeof *config);
    fid_status status = u && config ? FID_OK : FID_NOMEM;
    for (uint64_t t = 0; t < 3 && status == FID_OK; t++) {
        fid_rng rng = fid_rng_stream(sweep->seed, FID_RNG_INIT, t);
        char **argv = NULL;
        size_t n = 0;
        fid_space_sample(sweep->space, &rng, false, u);
        fid_space_decode(sweep->space, u, config);
        fid_job job = {.trial = t, .attempt = 1, .space = sweep->space, .config = config,
                       .outline = &sweep->outline, .budget = sweep->outline.fidelity.min,
                       .parent = -1};
        status = fid_exec_local_argv(&options, &job, &argv, &n, &err);
        printf("sample:");
        for (size_t i = 0; i < n; i++)
            printf(" %s", argv[i]);
        putchar('\n');
        free(argv);
    }
    free(u);
    free(config);
    return status == FID_OK ? EXIT_OK : cli_complain(&err);
}

/* One trial at the smallest budget, in a folder of its own and a store that is forgotten. */
static int smoke(cli_place *place, const cli_args *args)
{
    fid_error err = {0};
    fid_study_settings settings;
    fid_store_options options = {.path = NULL};
    fid_run_outcome outcome;
    fid_sweep_settings(place->sweep, &settings);
    settings.outline.fidelity.max = settings.outline.fidelity.min;
    settings.scheduler = &fid_scheduler_none;
    settings.max_trials = 1;
    settings.max_failures = 1;
    settings.retry = 0;
    free(place->trials);
    fid_text folder = {0};
    fid_text_printf(&folder, "%s/smoke", place->folder);
    place->trials = fid_text_take(&folder);
    if (fid_study_open(&place->study, place->sweep->space, &settings, &fid_store_memory, &options,
                       NULL, &err) != FID_OK)
        return cli_complain(&err);
    int code = cli_run_processes(place, args, &outcome);
    if (code != EXIT_OK)
        return code;
    fid_text text = {0};
    cli_trial_json(place->study, 0, true, &text);
    puts(text.data);
    fid_text_deinit(&text);
    bool well = fid_history_count(fid_study_history(place->study), FID_TRIAL_COMPLETE) == 1;
    fprintf(stderr, well ? "the trial ran and reported its metric\n"
                         : "the trial did not work; its logs are under %s\n",
            place->trials);
    return well ? EXIT_OK : EXIT_NO_RESULT;
}

int cli_check(const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK && place.sweep) {
        fid_text text = {0};
        fid_sweep_to_json(place.sweep, &text);
        if (args->json) {
            puts(text.data);
        } else {
            printf("%s\n", text.data);
            print_ladder(place.sweep);
            code = print_samples(place.sweep);
        }
        fid_text_deinit(&text);
    }
    if (code == EXIT_OK && args->smoke && place.sweep)
        code = smoke(&place, args);
    cli_close(&place);
    return code;
}
