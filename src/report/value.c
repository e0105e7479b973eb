/* A coordinate in words. */
#include <fidelio/report.h>

#include <stdlib.h>
#include <string.h>

/* A point at which the dimension is active: a trial's, so that its condition holds. */
static void find_point(const fid_history *history, size_t dim, bool *active, double *u)
{
    const fid_space *space = fid_history_space(history);
    size_t d = fid_space_dim(space);
    fid_space_default_point(space, u);
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++) {
        const double *point = fid_history_point(history, t);
        fid_space_activity(space, point, active);
        if (active[dim]) {
            memcpy(u, point, d * sizeof *u);
            return;
        }
    }
}

void fid_report_value(const fid_history *history, size_t dim, double at, fid_text *out)
{
    const fid_space *space = fid_history_space(history);
    size_t param = fid_space_dims(space)[dim].param;
    double *u = fid_alloc(fid_space_dim(space), sizeof *u);
    bool *active = fid_alloc(fid_space_dim(space), sizeof *active);
    fid_value *config = fid_alloc(fid_space_n_params(space), sizeof *config);
    out->failed = out->failed || !u || !active || !config;
    if (u && active && config) {
        find_point(history, dim, active, u);
        u[dim] = at;
        fid_space_decode(space, u, config);
        if (!config[param].active)
            fid_text_append(out, "-");
        else if (fid_space_param_kind(space, param) == FID_PARAM_FLOAT)
            fid_text_printf(out, "%.4g", config[param].f);
        else
            fid_space_value_to_text(space, param, &config[param], out);
    }
    free(u);
    free(active);
    free(config);
}
