/* `importance`: which parameters matter, how much, and where they are best. */
#include "cli/cli.h"

#include <fidelio/report.h>

#include <string.h>

static bool find_metric(const cli_args *args, const fid_outline *outline,
                        size_t *metric)
{
    *metric = 0;
    if (!args->metric)
        return true;
    for (; *metric < outline->n_objectives; ++*metric)
        if (strcmp(outline->metrics[*metric].name, args->metric) == 0)
            return true;
    fprintf(stderr, "fidelio: the study has no objective '%s'\n", args->metric);
    return false;
}

static void append_json(const fid_history *history, const fid_importance *all,
                        fid_text *out)
{
    const fid_space *space = fid_history_space(history);
    const char *metric = fid_history_outline(history)->metrics[all->metric].name;
    fid_text_append(out, "{\"metric\":");
    fid_text_append_json(out, metric, strlen(metric));
    fid_text_printf(out, ",\"trials\":%zu,\"fit\":", all->n_trials);
    fid_text_append_double(out, all->fit);
    fid_text_append(out, ",\"parameters\":[");
    for (size_t i = 0; i < all->n; i++) {
        const fid_importance_item *item = &all->items[i];
        const char *name = fid_space_param_name(space, item->param);
        fid_text_append(out, i ? ",{\"name\":" : "{\"name\":");
        fid_text_append_json(out, name, strlen(name));
        fid_text_append(out, ",\"total\":");
        fid_text_append_double(out, item->total);
        fid_text_append(out, ",\"alone\":");
        fid_text_append_double(out, item->alone);
        fid_text_append(out, ",\"best\":");
        fid_text value = {0};
        fid_report_value(history, item->dim, item->u[item->best], &value);
        fid_text_append_json(out, value.data ? value.data : "", value.len);
        fid_text_deinit(&value);
        fid_text_append(out, ",\"effect\":[");
        for (size_t k = 0; k < item->n; k++) {
            fid_text_append(out, k ? "," : "");
            fid_text_append_double(out, item->effect[k]);
        }
        fid_text_append(out, "]}");
    }
    fid_text_append(out, "]}\n");
}

static void append_table(const fid_history *history, const fid_importance *all,
                         fid_text *out)
{
    const fid_space *space = fid_history_space(history);
    fid_text_append(out, "parameter\ttotal\talone\tbest near\n");
    for (size_t i = 0; i < all->n; i++) {
        const fid_importance_item *item = &all->items[i];
        cli_append_cell(fid_space_param_name(space, item->param), out);
        fid_text_printf(out, "\t%.2f\t%.2f\t", item->total, item->alone);
        fid_text value = {0};
        fid_report_value(history, item->dim, item->u[item->best], &value);
        cli_append_cell(value.data ? value.data : "", out);
        fid_text_deinit(&value);
        fid_text_append(out, "\n");
    }
}

static int importance(const cli_args *args, cli_place *place, fid_text *out)
{
    const fid_history *history = fid_study_history(place->study);
    const fid_outline *outline = fid_history_outline(history);
    fid_importance all;
    fid_error err = {0};
    size_t metric;
    if (!find_metric(args, outline, &metric))
        return EXIT_USAGE;
    fid_status status = fid_importance_find(history, metric, &all, &err);
    if (status != FID_OK) {
        fprintf(stderr, "fidelio: %s\n", err.message);
        return status == FID_STATE ? EXIT_NO_RESULT : EXIT_FAILED;
    }
    if (args->json) {
        append_json(history, &all, out);
    } else {
        fid_text cells = {0};
        append_table(history, &all, &cells);
        if (cells.data && !cli_lay_out(cells.data, 0, out))
            out->failed = true;
        fid_text_deinit(&cells);
        fprintf(
            stderr,
            "shares of the variance of %s over the space; a model of %zu trials predicts "
            "%.0f %% of it for a trial left out%s\n",
            outline->metrics[metric].name, all.n_trials, 100 * all.fit,
            all.fit < 0.3 ? ": too little to go by" : "");
    }
    fid_importance_deinit(&all);
    return out->failed ? EXIT_FAILED : EXIT_OK;
}

int cli_importance(const cli_args *args)
{
    return cli_with_study(args, importance);
}
