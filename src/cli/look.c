/* Looking at a study: status, show, export, explain. */
#include "cli/cli.h"
#include "cli/front.h"

#include <fidelio/report.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_with_study(const cli_args *args, cli_look *body)
{
    cli_place place;
    fid_text out = {0};
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_reading(&place);
    if (code == EXIT_OK)
        code = body(args, &place, &out);
    if (out.len)
        fwrite(out.data, 1, out.len, stdout);
    fid_text_deinit(&out);
    cli_close(&place);
    return code;
}

static void status_json(const fid_study *study, const cli_front *front, fid_text *out)
{
    const fid_history *history = fid_study_history(study);
    uint64_t best;
    fid_text_printf(out, "{\"trials\":%zu", fid_history_n_trials(history));
    for (fid_trial_state s = 0; s <= FID_TRIAL_FAILED; s++)
        fid_text_printf(out, ",\"%s\":%zu", fid_trial_state_name(s),
                        fid_history_count(history, s));
    fid_text_append(out, ",\"spent\":");
    fid_text_append_double(out, fid_history_spent(history));
    fid_text_append(out, ",\"seconds\":");
    fid_text_append_double(out, fid_history_seconds(history));
    fid_text_append(out, ",\"best\":");
    if (fid_history_incumbent(history, &best))
        cli_trial_json(study, best, false, out);
    else
        fid_text_append(out, "null");
    if (front) {
        fid_text_append(out, ",\"front\":[");
        for (size_t i = 0; i < front->n; i++)
            fid_text_printf(out, "%s%llu", i ? "," : "",
                            (unsigned long long)front->trials[i]);
        fid_text_append(out, "],");
        cli_front_append_json(study, front, out);
    }
    fid_text_append(out, "}\n");
}

static void status_text(const fid_study *study, const cli_front *front, fid_text *out)
{
    const fid_history *history = fid_study_history(study);
    uint64_t best;
    fid_text_printf(out, "trials    %zu\n", fid_history_n_trials(history));
    for (fid_trial_state s = 0; s <= FID_TRIAL_FAILED; s++)
        fid_text_printf(out, "%-9s %zu\n", fid_trial_state_name(s),
                        fid_history_count(history, s));
    fid_text_printf(out, "spent     %g\nseconds   %.1f\n", fid_history_spent(history),
                    fid_history_seconds(history));
    if (front) {
        fid_text_printf(out, "front     %zu trials, ", front->n);
        cli_front_append_volume(study, front, out);
        fid_text_append(out, "\n");
    } else if (fid_history_incumbent(history, &best)) {
        fid_text_printf(out, "best      %.8g (trial %llu)\n",
                        cli_last_value(study, best, 0), (unsigned long long)best);
    }
}

static int status(const cli_args *args, cli_place *place, fid_text *out)
{
    cli_front front = {0};
    bool several = cli_has_front(place->study);
    if (several && !cli_front_find(place->study, &front))
        return EXIT_FAILED;
    (args->json ? status_json : status_text)(place->study, several ? &front : NULL,
                                             out);
    cli_front_deinit(&front);
    return EXIT_OK;
}

int cli_status(const cli_args *args)
{
    return cli_with_study(args, status);
}

static int export_all(const cli_args *args, cli_place *place, fid_text *out)
{
    size_t n;
    uint64_t *list = fid_report_rank(fid_study_history(place->study), 0, &n);
    int code = list ? EXIT_OK : EXIT_FAILED;
    if (list && args->csv)
        code = cli_trials_csv(place->study, list, n, out);
    for (size_t i = 0; list && !args->csv && i < n; i++) {
        cli_trial_json(place->study, list[i], true, out);
        fid_text_append(out, "\n");
    }
    free(list);
    return code;
}

int cli_export(const cli_args *args)
{
    return cli_with_study(args, export_all);
}

/* --- one trial */

static int show(const cli_args *args, cli_place *place, fid_text *out)
{
    uint64_t trial;
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    cli_trial_json(place->study, trial, true, out);
    fid_text_append(out, "\n");
    return EXIT_OK;
}

int cli_show(const cli_args *args)
{
    return cli_with_study(args, show);
}

/* --- why */

static void append_finite(fid_text *out, double x)
{
    if (isfinite(x))
        fid_text_append_double(out, x);
    else
        fid_text_append(out, "null");
}

static int explain(const cli_args *args, cli_place *place)
{
    uint64_t trial;
    fid_explanation why;
    fid_error err = {0};
    if (!cli_number_of_trial(args, place->study, &trial))
        return EXIT_USAGE;
    if (fid_study_explain(place->study, trial, &why, &err) != FID_OK)
        return cli_complain(&err);
    fid_text text = {0};
    fid_text_printf(&text, "{\"trial\":%llu,\"recomputed\":%s,\"same\":%s",
                    (unsigned long long)trial, why.recomputed ? "true" : "false",
                    why.same ? "true" : "false");
    if (why.recomputed) {
        fid_text_printf(&text, ",\"model\":\"%s\",\"level\":%d,\"mean\":",
                        why.suggestion.model ? why.suggestion.model : "",
                        why.suggestion.level);
        append_finite(&text, why.suggestion.mean);
        fid_text_append(&text, ",\"sd\":");
        append_finite(&text, why.suggestion.sd);
        fid_text_append(&text, ",\"acquisition\":");
        append_finite(&text, why.suggestion.acquisition);
    }
    int64_t parent = fid_history_trial(fid_study_history(place->study), trial)->parent;
    if (parent >= 0)
        fid_text_printf(&text, ",\"parent\":%lld", (long long)parent);
    if (*why.decided)
        fid_text_printf(&text, ",\"decided\":%s", why.decided);
    fid_text_append(&text, "}");
    puts(text.data);
    fid_text_deinit(&text);
    return EXIT_OK;
}

int cli_explain(const cli_args *args)
{
    cli_place place;
    int code = cli_find(args, &place);
    if (code == EXIT_OK)
        code = cli_open_asking(&place);
    if (code == EXIT_OK)
        code = explain(args, &place);
    cli_close(&place);
    return code;
}
