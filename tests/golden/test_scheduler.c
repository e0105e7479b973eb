/* The rules that carry Optuna's names decide as Optuna does, on random traces made by
 * tests/golden/scheduler/make.py. */
#include "sim.h"

typedef struct {
    sim s;
    bool is_open;
    size_t n_reports, n_stops, n_wrong;
} reader;

static const fid_scheduler_type *type_named(const char *name)
{
    static const fid_scheduler_type *const types[] = {
        &fid_scheduler_median,   &fid_scheduler_percentile, &fid_scheduler_threshold,
        &fid_scheduler_patience, &fid_scheduler_wilcoxon,   &fid_scheduler_asha};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}

static void set_rule(fid_scheduler_rules *rules, const char *key, double x)
{
    if (strcmp(key, "min_trials") == 0)
        rules->min_trials = (size_t)x;
    else if (strcmp(key, "min_step") == 0)
        rules->min_step = x;
    else if (strcmp(key, "interval") == 0)
        rules->interval = x;
    else if (strcmp(key, "percentile") == 0)
        rules->percentile = x;
    else if (strcmp(key, "patience") == 0)
        rules->patience = (size_t)x;
    else if (strcmp(key, "min_delta") == 0)
        rules->min_delta = x;
    else if (strcmp(key, "p_threshold") == 0)
        rules->p_threshold = x;
    else if (strcmp(key, "eta") == 0)
        rules->fidelity.eta = x;
    else if (strcmp(key, "lower") == 0)
        rules->has_lower = true, rules->lower = x;
    else if (strcmp(key, "upper") == 0)
        rules->has_upper = true, rules->upper = x;
    else
        CHECK(0);
}

static void begin_case(reader *r, char *line)
{
    char *save, *name = strtok_r(line, " \n", &save),
                *goal = strtok_r(NULL, " \n", &save);
    fid_scheduler_rules rules = {.fidelity = sim_fidelity(FID_MODE_STOP, 1, 1e5, 10)};
    for (char *word; (word = strtok_r(NULL, " \n", &save));) {
        char *equals = strchr(word, '=');
        double x = 0;
        *equals = '\0';
        CHECK(fid_parse_double(equals + 1, strlen(equals + 1), &x));
        set_rule(&rules, word, x);
    }
    /* Optuna counts rungs up from 1 without an end. */
    rules.fidelity.max = pow(rules.fidelity.eta, 10);
    const fid_scheduler_type *type = type_named(name);
    CHECK(type != NULL);
    if (r->is_open)
        sim_close(&r->s);
    r->s = sim_open(type, rules,
                    strcmp(goal, "max") ? FID_GOAL_MINIMIZE : FID_GOAL_MAXIMIZE);
    r->is_open = true;
}

static void read_report(reader *r, const char *line)
{
    unsigned long long trial;
    double step, value = NAN;
    char word[64];
    int stop;
    CHECK(sscanf(line, "%llu %lf %63s %d", &trial, &step, word, &stop) == 4);
    CHECK(fid_parse_double(word, strlen(word), &value));
    while (fid_history_n_trials(r->s.history) <= trial)
        CHECK(sim_ask(&r->s) >= 0);
    CHECK(sim_report(&r->s, trial, step, value));
    bool got = sim_decide(&r->s, trial).kind == FID_STOP;
    if (got != (bool)stop)
        printf("%s, trial %llu, step %g: got %d, Optuna %d\n", r->s.type->name, trial,
               step, got, stop);
    r->n_wrong += got != (bool)stop;
    r->n_reports++;
    r->n_stops += (size_t)stop;
}

static void read_line(reader *r, char *line)
{
    if (strncmp(line, "case ", 5) == 0)
        begin_case(r, line + 5);
    else if (strncmp(line, "report ", 7) == 0)
        read_report(r, line + 7);
    else if (strncmp(line, "complete ", 9) == 0)
        CHECK(sim_end(&r->s, strtoull(line + 9, NULL, 10), FID_EVENT_COMPLETED));
    else if (strncmp(line, "prune ", 6) == 0)
        CHECK(sim_end(&r->s, strtoull(line + 6, NULL, 10), FID_EVENT_PRUNED));
    else
        CHECK(0);
}

TEST(the_rules_decide_as_optunas_pruners)
{
    char path[512], line[256];
    const char *source = getenv("FIDELIO_SOURCE");
    (void)snprintf(path, sizeof path, "%s/tests/golden/scheduler/optuna.txt",
                   source ? source : ".");
    FILE *file = fopen(path, "r");
    if (!file)
        SKIP("tests/golden/scheduler/optuna.txt is not here");
    reader r = {0};
    while (fgets(line, sizeof line, file))
        read_line(&r, line);
    fclose(file);
    if (r.is_open)
        sim_close(&r.s);
    CHECK(r.n_reports > 4000 && r.n_stops > 700);
    CHECK(r.n_wrong == 0);
}

int main(void)
{
    RUN(the_rules_decide_as_optunas_pruners);
    DONE();
}
