#include "solver.h"

#include <fidelio/catalog.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fid_study_settings bench_study_settings(const bench_method *method,
                                        const bench_solver_settings *from)
{
    fid_study_settings settings = {
        .name = "bench",
        .outline = from->outline,
        .sampler = method->sampler,
        .sampler_options = method->sampler_options,
        .scheduler = method->scheduler,
        .rules = method->rules,
        .seed = from->seed,
        .parallel = from->workers,
        .skip_default = true,
        .keep = FID_KEEP_ALL,
    };
    fid_fidelity *fidelity = &settings.outline.fidelity;
    if (method->eta > 0.0)
        fidelity->eta = method->eta;
    if (method->min_fidelity > fidelity->min && method->min_fidelity < fidelity->max)
        fidelity->min = method->min_fidelity;
    if (fidelity->mode == FID_MODE_NONE)
        settings.max_trials = (size_t)from->budget;
    else
        settings.max_cost = from->budget * fidelity->max;
    if (!settings.scheduler)
        settings.scheduler = fid_catalog_usual_scheduler(
            &settings.outline, method->rules.risk, settings.max_trials, 0, settings.max_cost);
    return settings;
}

fid_status bench_solver_open(bench_solver **out, fid_space *space,
                             const bench_solver_settings *settings, fid_error *err)
{
    bench_solver *solver = fid_alloc(1, sizeof *solver);
    *out = NULL;
    if (!solver) {
        fid_space_destroy(space);
        return fid_error_set(err, FID_NOMEM, "out of memory");
    }
    solver->space = space;
    fid_store_options store = {0};
    fid_status status = bench_method_parse(&solver->method, settings->method, err);
    if (!status && solver->method.is_peer)
        status = fid_error_set(err, FID_INVALID, "%s is a peer, not ours", settings->method);
    if (!status) {
        fid_study_settings own = bench_study_settings(&solver->method, settings);
        status = fid_study_open(&solver->study, space, &own, &fid_store_memory, &store,
                                NULL, err);
    }
    if (status)
        bench_solver_close(solver);
    else
        *out = solver;
    return status;
}

void bench_solver_close(bench_solver *solver)
{
    if (!solver)
        return;
    fid_study_close(solver->study);
    fid_space_destroy(solver->space);
    free(solver);
}

void bench_serve_error(fid_status status, const fid_error *err, fid_text *out)
{
    const char *words = err->message[0] ? err->message : fid_status_text(status);
    fid_text_clear(out);
    fid_text_append(out, "{\"error\": ");
    fid_text_append_json(out, words, strlen(words));
    fid_text_append(out, "}");
}

int bench_serve(bool (*answer)(void *ctx, const char *line, fid_text *out), void *ctx)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    fid_text out = {0};
    bool go_on = true;
    while (go_on && (n = getline(&line, &cap, stdin)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        fid_text_clear(&out);
        go_on = answer(ctx, line, &out);
        if (out.failed)
            break;
        if (out.len && (puts(out.data) == EOF || fflush(stdout) == EOF))
            break;
    }
    bool bad = out.failed || ferror(stdin) || ferror(stdout) || !go_on;
    free(line);
    fid_text_deinit(&out);
    return bad ? 1 : 0;
}
