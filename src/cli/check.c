/* `check`: how the sweep file was understood. */
#include "cli/cli.h"

#include <stdlib.h>

/* What a trial costs on the whole when one in eta goes on at each rung. */
static double expected_cost(const fid_sweep *sweep, const double *rungs, size_t n)
{
    const fid_fidelity *fidelity = &sweep->outline.fidelity;
    double share = 1, cost = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        cost += share * (rungs[i] - (fidelity->mode == FID_MODE_RESTART ? 0 : before));
        before = rungs[i];
        share /= fidelity->eta;
    }
    return cost;
}

static void print_cost(const fid_sweep *sweep)
{
    enum { MOST = 64 };
    double rungs[MOST];
    const fid_fidelity *fidelity = &sweep->outline.fidelity;
    size_t trials = sweep->budget.trials;
    if (fidelity->mode == FID_MODE_NONE) {
        if (trials)
            printf("cost        %zu trials\n", trials);
        return;
    }
    size_t n = fid_ladder(fidelity, rungs, MOST);
    n = n < MOST ? n : MOST;
    bool halves = sweep->scheduler != &fid_scheduler_none;
    if (trials && halves)
        printf(
            "cost        about %.0f %s, when one trial in %g goes on at each rung; in full "
            "%zu x %g = %.0f\n",
            (double)trials * expected_cost(sweep, rungs, n), fidelity->name,
            fidelity->eta, trials, fidelity->max, (double)trials * fidelity->max);
    else if (trials)
        printf("cost        %zu x %g = %.0f %s\n", trials, fidelity->max,
               (double)trials * fidelity->max, fidelity->name);
}

static int print_samples(const cli_place *place)
{
    const fid_sweep *sweep = place->sweep;
    fid_exec_local_options options;
    fid_error err = {0};
    fid_text line = {0};
    fid_sweep_exec_options(sweep, &options);
    options.folder = place->trials;
    double *u = fid_alloc(fid_space_dim(sweep->space), sizeof *u);
    fid_value *config = fid_alloc(fid_space_n_params(sweep->space), sizeof *config);
    fid_status status = u && config ? FID_OK : FID_NOMEM;
    for (uint64_t t = 0; t < 3 && status == FID_OK; t++) {
        fid_rng rng = fid_rng_stream(sweep->seed, FID_RNG_INIT, t);
        char **argv = NULL;
        size_t n = 0;
        fid_space_sample(sweep->space, &rng, false, u);
        fid_space_decode(sweep->space, u, config);
        fid_job job = {.trial = t,
                       .attempt = 1,
                       .space = sweep->space,
                       .config = config,
                       .outline = &sweep->outline,
                       .budget = sweep->outline.fidelity.min,
                       .parent = -1};
        status = fid_exec_local_argv(&options, &job, &argv, &n, &err);
        fid_text_clear(&line);
        if (cli_names_params(sweep))
            cli_append_command(argv, n, &line);
        else
            fid_space_config_to_json(sweep->space, config, &line);
        printf("sample      %s\n", line.data ? line.data : "");
        free(argv);
    }
    free(u);
    free(config);
    fid_text_deinit(&line);
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
    if (fid_study_open(&place->study, place->sweep->space, &settings, &fid_store_memory,
                       &options, NULL, &err) != FID_OK)
        return cli_complain(&err);
    size_t started;
    int code = cli_run_processes(place, args, &outcome, &started);
    if (code != EXIT_OK)
        return code;
    fid_text text = {0};
    cli_trial_json(place->study, 0, true, &text);
    puts(text.data);
    fid_text_deinit(&text);
    bool well =
        fid_history_count(fid_study_history(place->study), FID_TRIAL_COMPLETE) == 1;
    fprintf(stderr,
            well ? "the trial ran and reported its metric\n"
                 : "the trial did not work; its logs are under %s\n",
            place->trials);
    return well ? EXIT_OK : EXIT_NO_RESULT;
}

int cli_check(const cli_args *args)
{
    cli_place place;
    fid_text text = {0};
    int code = cli_find(args, &place);
    if (code == EXIT_OK) {
        fid_sweep_to_json(place.sweep, &text);
        if (args->json) {
            puts(text.data ? text.data : "");
        } else {
            cli_describe(&place, text.data ? text.data : "");
            print_cost(place.sweep);
            code = cli_has_command(&place) ? print_samples(&place) : EXIT_OK;
        }
    }
    if (code == EXIT_OK && args->smoke && !cli_needs_command(&place))
        code = EXIT_USAGE;
    if (code == EXIT_OK && args->smoke)
        code = smoke(&place, args);
    fid_text_deinit(&text);
    cli_close(&place);
    return code;
}
