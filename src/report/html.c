/* The page: everything that a study has found out, in one file without a script. */
#include "report/plot.h"

#include <fidelio/report.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 860, HIGH = 300, SMALL_WIDE = 420, SMALL_HIGH = 230 };
enum { MOST_CURVES = 200, MOST_SLICES = 24, MOST_ROWS = 50, MOST_DOTS = 2000 };

static const char head[] =
    "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>\n"
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name='viewport' content='width=device-width'>\n<style>\n"
    ":root{--ink:#1d2733;--pale:#dfe5ea;--page:#fff;--blue:#1b6ca8;--green:#2e933c;"
    "--red:#d1495b;--grey:#8a97a3}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#dde5ec;--pale:#34404b;--page:#14191e;"
    "--blue:#6db3e8;--green:#6cc979;--red:#ee8090;--grey:#7d8a96}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);"
    "max-width:900px;margin:2em auto;padding:0 1em}\n"
    "h1{margin-bottom:.2em}h2{margin-top:2em;font-size:1.15em}\n"
    "svg{max-width:100%;height:auto}svg text{font-size:11px;fill:var(--ink)}"
    "svg .name{font-weight:600}\n"
    ".grid{stroke:var(--pale)}.axis{stroke:var(--grey)}polyline{fill:none}\n"
    ".best{stroke:var(--green);stroke-width:2}.curve{stroke:var(--grey);opacity:.35}"
    ".effect{stroke:var(--red);stroke-width:2}\n"
    "circle{fill:var(--blue);opacity:.65}circle.complete{fill:var(--green)}"
    "circle.failed,circle.pruned{fill:var(--grey)}circle.winner{fill:var(--red);opacity:1}\n"
    ".bar{fill:var(--blue)}.bar.all{opacity:.35}\n"
    "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}"
    "td,th{padding:2px 10px;text-align:right;border-bottom:1px solid var(--pale);"
    "white-space:nowrap}\n"
    "pre{background:var(--pale);padding:.7em;overflow-x:auto;white-space:pre-wrap}\n"
    ".row{display:flex;flex-wrap:wrap}\n</style>\n";

typedef struct {
    const fid_history *history;
    const fid_outline *outline;
    const fid_space *space;
    double sign;
    bool found; /* some trial has a result */
    uint64_t best;
    double *x, *y; /* room for a value of every trial or report */
    fid_value *config;
    fid_text words;
    fid_text *out;
} page;

static double value_of(const page *self, uint64_t trial)
{
    const fid_trial *t = fid_history_trial(self->history, trial);
    return t->n_reports ? self->sign * fid_history_loss(self->history, trial, 0)
                        : (double)NAN;
}

static const char *class_of(const page *self, uint64_t trial)
{
    if (self->found && trial == self->best)
        return "winner";
    return fid_trial_state_name(fid_history_trial(self->history, trial)->state);
}

static void append_value(page *self, size_t param, const fid_value *value,
                         fid_text *out)
{
    if (!value->active)
        fid_text_append(out, "-");
    else if (fid_space_param_kind(self->space, param) == FID_PARAM_FLOAT)
        fid_text_printf(out, "%.5g", value->f);
    else
        fid_space_value_to_text(self->space, param, value, out);
}

/* "trial 7: loss 0.31; lr 0.01, ..." */
static const char *words_of(page *self, uint64_t trial)
{
    fid_text_clear(&self->words);
    fid_text_printf(&self->words, "trial %llu: %s %.6g", (unsigned long long)trial,
                    self->outline->metrics[0].name, value_of(self, trial));
    fid_space_decode(self->space, fid_history_point(self->history, trial),
                     self->config);
    for (size_t p = 0; p < fid_space_n_params(self->space); p++)
        if (self->config[p].active) {
            fid_text_printf(&self->words, "; %s ",
                            fid_space_param_name(self->space, p));
            append_value(self, p, &self->config[p], &self->words);
        }
    return self->words.data ? self->words.data : "";
}

static fid__plot plot_of(int width, int height)
{
    return (fid__plot){.width = width,
                       .height = height,
                       .x = {0, 1, 64, width - 14, false},
                       .y = {0, 1, height - 34, 22, false}};
}

/* The vertical scale for the metric's value of every trial. */
static void scale_metric(page *self, fid__plot *plot)
{
    size_t n = 0;
    for (uint64_t t = 0; t < fid_history_n_trials(self->history); t++)
        if (isfinite(value_of(self, t)))
            self->x[n++] = value_of(self, t);
    plot->y = fid__scale_for(self->x, n, plot->y.from, plot->y.to);
}

/* --- sections */

static void summarise(page *self, const fid_report_words *words)
{
    fid_text *out = self->out;
    fid_text_append(out, "<title>");
    fid__append_html(out, words->title);
    fid_text_append(out, "</title></head><body>\n<h1>");
    fid__append_html(out, words->title);
    fid_text_printf(out, "</h1>\n<p>%zu trials", fid_history_n_trials(self->history));
    for (int s = FID_TRIAL_WAITING; s <= FID_TRIAL_FAILED; s++)
        if (fid_history_count(self->history, (fid_trial_state)s))
            fid_text_printf(out, ", %zu %s",
                            fid_history_count(self->history, (fid_trial_state)s),
                            fid_trial_state_name((fid_trial_state)s));
    fid_text_printf(out, "; %.0f s of training", fid_history_seconds(self->history));
    if (self->outline->fidelity.mode != FID_MODE_NONE) {
        double full = (double)fid_history_n_trials(self->history) *
                      self->outline->fidelity.max;
        fid_text_printf(out, ", %.6g ", fid_history_spent(self->history));
        fid__append_html(out, self->outline->fidelity.name);
        fid_text_printf(out, " instead of %.6g for all in full", full);
    }
    fid_text_append(out, ".</p>\n");
}

static void show_best(page *self, const fid_report_words *words)
{
    fid_text *out = self->out;
    if (!self->found) {
        fid_text_append(out, "<p>No trial has a result yet.</p>\n");
        return;
    }
    fid_text_printf(out, "<h2>Best: trial %llu</h2>\n<table>",
                    (unsigned long long)self->best);
    for (size_t m = 0; m < self->outline->n_metrics; m++) {
        const fid_trial *t = fid_history_trial(self->history, self->best);
        double value = t->values[(t->n_reports - 1) * self->outline->n_metrics + m];
        if (fid_is_absent(value))
            continue;
        fid_text_append(out, "<tr><th>");
        fid__append_html(out, self->outline->metrics[m].name);
        fid_text_printf(out, "</th><td><b>%.8g</b></td></tr>\n", value);
    }
    fid_space_decode(self->space, fid_history_point(self->history, self->best),
                     self->config);
    for (size_t p = 0; p < fid_space_n_params(self->space); p++) {
        if (!self->config[p].active)
            continue;
        fid_text_append(out, "<tr><th>");
        fid__append_html(out, fid_space_param_name(self->space, p));
        fid_text_append(out, "</th><td>");
        fid_text_clear(&self->words);
        fid_space_value_to_text(self->space, p, &self->config[p], &self->words);
        fid__append_html(out, self->words.data ? self->words.data : "");
        fid_text_append(out, "</td></tr>\n");
    }
    fid_text_append(out, "</table>\n");
    if (words->command) {
        fid_text_append(out, "<pre>");
        fid__append_html(out, words->command);
        fid_text_append(out, "</pre>\n");
    }
}

static void show_progress(page *self)
{
    size_t n = fid_history_n_trials(self->history), m = 0;
    fid__plot plot = plot_of(WIDE, HIGH);
    scale_metric(self, &plot);
    plot.x.high = n > 1 ? (double)(n - 1) : 1;
    fid_text_append(self->out, "<h2>Progress</h2>\n");
    fid__plot_open(&plot, "trial", self->outline->metrics[0].name, self->out);
    double least = INFINITY;
    for (uint64_t t = 0; t < n; t++) {
        double value = value_of(self, t);
        if (!isfinite(value))
            continue;
        if (n <= MOST_DOTS || t % (n / MOST_DOTS + 1) == 0)
            fid__plot_dot(&plot, (double)t, value, class_of(self, t), words_of(self, t),
                          self->out);
        least = fmin(least, self->sign * value);
        self->x[m] = (double)t;
        self->y[m++] = self->sign * least;
    }
    fid__plot_line(&plot, self->x, self->y, m, true, "best", self->out);
    fid__plot_close(self->out);
}

/* The first two objectives against each other. */
static fid_status show_front(page *self)
{
    size_t n = fid_history_n_trials(self->history), n_front = 0, k = 0;
    if (self->outline->n_objectives < 2)
        return FID_OK;
    uint64_t *front = fid_alloc(n + 1, sizeof *front);
    if (!front)
        return FID_NOMEM;
    double reference[4]; /* as many as there can be objectives */
    fid_status status = fid_history_front(self->history, front, &n_front, reference);
    double sign = fid_history_sign(self->history, 1);
    fid__plot plot = plot_of(WIDE, HIGH);
    for (uint64_t t = 0; t < n; t++)
        if (isfinite(fid_history_loss(self->history, t, 1)))
            self->x[k++] = sign * fid_history_loss(self->history, t, 1);
    plot.x = fid__scale_for(self->x, k, plot.x.from, plot.x.to);
    scale_metric(self, &plot);
    fid_text_append(self->out, "<h2>Objectives</h2>\n");
    fid__plot_open(&plot, self->outline->metrics[1].name,
                   self->outline->metrics[0].name, self->out);
    for (uint64_t t = 0; status == FID_OK && t < n; t++) {
        double other = sign * fid_history_loss(self->history, t, 1);
        bool in_front = false;
        for (size_t i = 0; i < n_front; i++)
            in_front = in_front || front[i] == t;
        if (isfinite(other) && isfinite(value_of(self, t)))
            fid__plot_dot(&plot, other, value_of(self, t),
                          in_front ? "winner" : "other", words_of(self, t), self->out);
    }
    fid__plot_close(self->out);
    free(front);
    return status;
}

/* The metric by step, the best trial's in front. */
static void show_curve(page *self, const fid__plot *plot, uint64_t trial,
                       const char *class)
{
    const fid_trial *t = fid_history_trial(self->history, trial);
    size_t m = 0;
    for (size_t k = 0; k < t->n_reports; k++) {
        double loss = fid_history_loss_at(self->history, trial, k, 0);
        if (!isfinite(loss))
            continue;
        self->x[m] = t->steps[k];
        self->y[m++] = self->sign * loss;
    }
    fid__plot_line(plot, self->x, self->y, m, false, class, self->out);
}

static void show_curves(page *self)
{
    size_t n = fid_history_n_trials(self->history), longest = 0;
    double last = 1, first = INFINITY;
    for (uint64_t t = 0; t < n; t++) {
        const fid_trial *trial = fid_history_trial(self->history, t);
        longest = trial->n_reports > longest ? trial->n_reports : longest;
        last = fmax(last, trial->step);
        if (trial->n_reports)
            first = fmin(first, trial->steps[0]);
    }
    if (longest < 2)
        return;
    fid__plot plot = plot_of(WIDE, HIGH);
    scale_metric(self, &plot);
    plot.x.low = first;
    plot.x.high = last > first ? last : first + 1;
    plot.x.log = first > 0 && last / first > 20;
    fid_text_append(self->out, "<h2>Learning curves</h2>\n");
    const char *name = self->outline->fidelity.mode == FID_MODE_NONE
                           ? "step"
                           : self->outline->fidelity.name;
    fid__plot_open(&plot, name, self->outline->metrics[0].name, self->out);
    for (uint64_t t = 0; t < n; t += n / MOST_CURVES + 1)
        show_curve(self, &plot, t, "curve");
    if (self->found)
        show_curve(self, &plot, self->best, "best");
    fid__plot_close(self->out);
}

static void show_importance(page *self, const fid_importance *all)
{
    enum { BAR = 20, LEFT = 200, FULL = 560 };
    fid_text *out = self->out;
    int height = (int)all->n * BAR + 8;
    fid_text_append(out,
                    "<h2>Which parameters matter</h2>\n<p>Share of the variance of ");
    fid__append_html(out, self->outline->metrics[all->metric].name);
    fid_text_printf(
        out,
        " over the space: alone (dark) and with interactions (pale). A model of %zu "
        "trials predicts %.0f&nbsp;%% of it for a trial left out.</p>\n"
        "<svg viewBox='0 0 %d %d' width='%d' role='img'>\n",
        all->n_trials, 100 * all->fit, WIDE, height, WIDE);
    for (size_t i = 0; i < all->n; i++) {
        const fid_importance_item *item = &all->items[i];
        int y = (int)i * BAR;
        fid_text_printf(out, "<text x='%d' y='%d' text-anchor='end'>", LEFT - 8,
                        y + 14);
        fid__append_html(out, fid_space_param_name(self->space, item->param));
        fid_text_printf(
            out,
            "</text><rect class='bar all' x='%d' y='%d' width='%.1f' height='14'/>"
            "<rect class='bar' x='%d' y='%d' width='%.1f' height='14'/>"
            "<text x='%.1f' y='%d'>%.2f</text>\n",
            LEFT, y + 2, FULL * item->total, LEFT, y + 2, FULL * item->alone,
            LEFT + 6 + FULL * item->total, y + 14, item->total);
    }
    fid_text_append(out, "</svg>\n");
}

static void tick_value(page *self, const fid__plot *plot, size_t dim, double u)
{
    fid_text_clear(&self->words);
    fid_report_value(self->history, dim, u, &self->words);
    fid__plot_tick(plot, u, self->words.data ? self->words.data : "", self->out);
}

/* Every trial by one parameter, and what the model thinks of it over all else. */
static void show_slice(page *self, const fid_importance_item *item, bool *active)
{
    fid__plot plot = plot_of(SMALL_WIDE, SMALL_HIGH);
    size_t n = fid_history_n_trials(self->history);
    scale_metric(self, &plot);
    fid__plot_open(&plot, NULL, self->outline->metrics[0].name, self->out);
    fid_text_printf(self->out, "<text class='name' x='%.1f' y='12' text-anchor='end'>",
                    plot.x.to);
    fid__append_html(self->out, fid_space_param_name(self->space, item->param));
    fid_text_append(self->out, "</text>\n");
    for (uint64_t t = 0; t < n; t += n / MOST_DOTS + 1) {
        const double *u = fid_history_point(self->history, t);
        fid_space_activity(self->space, u, active);
        if (active[item->dim] && isfinite(value_of(self, t)))
            fid__plot_dot(&plot, u[item->dim], value_of(self, t), class_of(self, t),
                          words_of(self, t), self->out);
    }
    fid__plot_line(&plot, item->u, item->effect, item->n, false, "effect", self->out);
    if (item->n <= 6) {
        for (size_t k = 0; k < item->n; k++)
            tick_value(self, &plot, item->dim, item->u[k]);
    } else {
        tick_value(self, &plot, item->dim, item->u[0]);
        tick_value(self, &plot, item->dim, item->u[item->n / 2]);
        tick_value(self, &plot, item->dim, item->u[item->n - 1]);
    }
    fid__plot_close(self->out);
}

static fid_status show_parameters(page *self, fid_error *err)
{
    fid_importance all;
    fid_status status = fid_importance_find(self->history, 0, &all, err);
    if (status == FID_STATE) /* too little is known: no section */
        return FID_OK;
    FID_TRY(status);
    bool *active = fid_alloc(fid_space_dim(self->space), sizeof *active);
    if (active) {
        show_importance(self, &all);
        fid_text_append(
            self->out,
            "<h2>Each parameter</h2>\n<p>Red: the model's mean over all else."
            "</p>\n<div class='row'>\n");
        for (size_t i = 0; i < all.n && i < MOST_SLICES; i++)
            show_slice(self, &all.items[i], active);
        fid_text_append(self->out, "</div>\n");
    }
    free(active);
    fid_importance_deinit(&all);
    return active ? FID_OK : FID_NOMEM;
}

/* --- the table */

static void append_row(page *self, uint64_t trial)
{
    fid_text *out = self->out;
    const fid_trial *t = fid_history_trial(self->history, trial);
    fid_text_printf(out,
                    "<tr><td>%llu</td><td>%s</td><td>%.8g</td><td>%g</td><td>%.1f</td>",
                    (unsigned long long)trial, fid_trial_state_name(t->state),
                    value_of(self, trial), t->step, t->seconds);
    fid_space_decode(self->space, fid_history_point(self->history, trial),
                     self->config);
    for (size_t p = 0; p < fid_space_n_params(self->space); p++) {
        fid_text_clear(&self->words);
        append_value(self, p, &self->config[p], &self->words);
        fid_text_append(out, "<td>");
        fid__append_html(out, self->words.data ? self->words.data : "");
        fid_text_append(out, "</td>");
    }
    fid_text_append(out, "</tr>\n");
}

static fid_status show_table(page *self)
{
    size_t n;
    fid_text *out = self->out;
    uint64_t *list = fid_report_rank(self->history, MOST_ROWS, &n);
    if (!list)
        return FID_NOMEM;
    fid_text_printf(out,
                    "<h2>Trials%s</h2>\n<table><tr><th>trial</th><th>state</th><th>",
                    n < fid_history_n_trials(self->history) ? ", the best" : "");
    fid__append_html(out, self->outline->metrics[0].name);
    fid_text_append(out, "</th><th>");
    fid__append_html(out, self->outline->fidelity.mode == FID_MODE_NONE
                              ? "step"
                              : self->outline->fidelity.name);
    fid_text_append(out, "</th><th>seconds</th>");
    for (size_t p = 0; p < fid_space_n_params(self->space); p++) {
        fid_text_append(out, "<th>");
        fid__append_html(out, fid_space_param_name(self->space, p));
        fid_text_append(out, "</th>");
    }
    fid_text_append(out, "</tr>\n");
    for (size_t i = 0; i < n; i++)
        append_row(self, list[i]);
    fid_text_append(out, "</table>\n");
    free(list);
    return FID_OK;
}

static size_t longest_list(const fid_history *history)
{
    size_t n = fid_history_n_trials(history);
    for (uint64_t t = 0; t < fid_history_n_trials(history); t++) {
        size_t reports = fid_history_trial(history, t)->n_reports;
        n = reports > n ? reports : n;
    }
    return n;
}

static fid_status fill(page *self, const fid_report_words *words, fid_error *err)
{
    size_t room = longest_list(self->history) + 1;
    self->x = fid_alloc(2 * room, sizeof *self->x);
    self->config = fid_alloc(fid_space_n_params(self->space), sizeof *self->config);
    if (!self->x || !self->config)
        return FID_NOMEM;
    self->y = self->x + room;
    fid_text_append(self->out, head);
    summarise(self, words);
    show_best(self, words);
    if (self->found) {
        FID_TRY(show_front(self));
        show_progress(self);
        show_curves(self);
        FID_TRY(show_parameters(self, err));
    }
    FID_TRY(show_table(self));
    fid_text_append(self->out, "</body></html>\n");
    return self->out->failed || self->words.failed ? FID_NOMEM : FID_OK;
}

fid_status fid_report_html(const fid_history *history, const fid_report_words *words,
                           fid_text *out, fid_error *err)
{
    page self = {.history = history,
                 .outline = fid_history_outline(history),
                 .space = fid_history_space(history),
                 .sign = fid_history_sign(history, 0),
                 .out = out};
    self.found = fid_history_incumbent(history, &self.best);
    fid_status status = fill(&self, words, err);
    if (status == FID_NOMEM)
        (void)fid_error_set(err, status, "out of memory");
    free(self.x);
    free(self.config);
    fid_text_deinit(&self.words);
    return status;
}
