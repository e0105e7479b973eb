/* fidelio-mlp: train a classifier on a CSV file, report after every epoch.
 *
 * What a trial of fidelio needs is taken from the environment when no option says
 * otherwise: the report file, the seed, the epochs to reach, the checkpoint folder. A
 * later attempt goes on from the checkpoint; SIGTERM ends after the present epoch with
 * exit code 75 ("checkpointed, run me again"). */
#include "mlp.h"

#include <cblas.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern void openblas_set_num_threads(int n);

typedef struct {
    const char *data, *report, *checkpoint, *optimizer, *schedule, *activation;
    double epochs, batch, lr, momentum, beta2, weight_decay, dropout, width, depth;
    double valid_fraction, split_seed, seed, horizon, warmup;
} options;

/* One table for parsing, checking and help. `text` or `number` is where it goes. */
typedef struct {
    const char *name, *env, *help;
    size_t text, number;
    double low, high;
    bool whole;
} option;

#define TEXT(name, env, member, help)                                                  \
    {                                                                                  \
        name, env, help, offsetof(options, member), 0, 0, 0, false                     \
    }
#define REAL(name, member, low, high, help)                                            \
    {                                                                                  \
        name, NULL, help, 0, offsetof(options, member), low, high, false               \
    }
#define WHOLE(name, env, member, low, high, help)                                      \
    {                                                                                  \
        name, env, help, 0, offsetof(options, member), low, high, true                 \
    }

static const option table_of_options[] = {
    TEXT("data", NULL, data, "CSV file, the last column is the class (required)"),
    TEXT("report", "FIDELIO_REPORT", report, "file to append a JSON line per epoch to"),
    TEXT("checkpoint", NULL, checkpoint,
         "file to keep the state in and resume from\n"
         "                     [$FIDELIO_CHECKPOINT_DIR/mlp.checkpoint]"),
    WHOLE("epochs", "FIDELIO_BUDGET", epochs, 1, 1e6, "epochs to reach [20]"),
    WHOLE("horizon", NULL, horizon, 1, 1e6, "epochs the schedule spans [epochs]"),
    TEXT("optimizer", NULL, optimizer, "sgd | adam [sgd]"),
    TEXT("schedule", NULL, schedule,
         "constant | cosine | steps | exponential [constant]"),
    TEXT("activation", NULL, activation, "relu | tanh | sigmoid | silu [relu]"),
    WHOLE("batch", NULL, batch, 1, 65536, "rows per update [32]"),
    REAL("lr", lr, 0, 1e6, "learning rate [0.01]"),
    REAL("momentum", momentum, 0, 0.9999, "momentum, or Adam's beta1 [0.9]"),
    REAL("beta2", beta2, 0, 0.999999, "Adam's beta2 [0.999]"),
    REAL("weight-decay", weight_decay, 0, 1e3,
         "L2 (sgd) or decoupled (adam) decay [0]"),
    REAL("warmup", warmup, 0, 1e6, "epochs of linear warm-up [0]"),
    REAL("dropout", dropout, 0, 0.99, "share of hidden units dropped [0]"),
    WHOLE("width", NULL, width, 1, 16384, "units per hidden layer [64]"),
    WHOLE("depth", NULL, depth, 0, 32, "hidden layers [1]"),
    REAL("valid-fraction", valid_fraction, 0, 1, "rows held out [0.25]"),
    WHOLE("split-seed", NULL, split_seed, 0, 1e15, "seed of the held-out rows [0]"),
    WHOLE("seed", "FIDELIO_SEED", seed, 0, 2e19, "seed of weights, order, dropout [0]"),
};
enum { N_OPTIONS = sizeof table_of_options / sizeof *table_of_options };

static _Noreturn void help(void)
{
    (void)puts("usage: fidelio-mlp --data FILE.csv [--option=value ...]");
    for (size_t i = 0; i < N_OPTIONS; i++)
        (void)printf("  --%-16s %s\n", table_of_options[i].name,
                     table_of_options[i].help);
    exit(EXIT_SUCCESS);
}

static void set_option(options *o, const option *spec, const char *value)
{
    char *end;
    if (spec->number == 0) {
        memcpy((char *)o + spec->text, &value, sizeof value);
        return;
    }
    double number = strtod(value, &end);
    if (end == value || *end || !(number >= spec->low && number <= spec->high) ||
        (spec->whole && number != floor(number)))
        die("--%s must be a %snumber from %g to %g, not '%s'", spec->name,
            spec->whole ? "whole " : "", spec->low, spec->high, value);
    memcpy((char *)o + spec->number, &number, sizeof number);
}

static bool same_name(const char *given, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if ((given[i] == '_' ? '-' : given[i]) != name[i])
            return false;
    return name[n] == '\0';
}

static const option *find_option(const char *given, size_t n)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (same_name(given, n, table_of_options[i].name))
            return &table_of_options[i];
    die("no option --%.*s; try --help", (int)n, given);
}

/* In the trial's own folder; NULL outside of a trial. */
static const char *default_checkpoint(void)
{
    static char path[4096];
    const char *folder = getenv("FIDELIO_CHECKPOINT_DIR");
    if (!folder)
        return NULL;
    if (snprintf(path, sizeof path, "%s/mlp.checkpoint", folder) >= (int)sizeof path)
        die("FIDELIO_CHECKPOINT_DIR is too long");
    return path;
}

static options parse(int argc, char **argv)
{
    options o = {.optimizer = "sgd",
                 .schedule = "constant",
                 .activation = "relu",
                 .epochs = 20,
                 .batch = 32,
                 .lr = 0.01,
                 .momentum = 0.9,
                 .beta2 = 0.999,
                 .width = 64,
                 .depth = 1,
                 .valid_fraction = 0.25};
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const char *env = table_of_options[i].env ? getenv(table_of_options[i].env)
                                                  : NULL;
        if (env && *env)
            set_option(&o, &table_of_options[i], env);
    }
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            die("'%s' is not an option; try --help", argv[i]);
        const char *name = argv[i] + 2;
        size_t n = strcspn(name, "=");
        if (strcmp(name, "help") == 0)
            help();
        const option *spec = find_option(name, n);
        if (name[n] != '=' && i + 1 == argc)
            die("--%s needs a value", spec->name);
        set_option(&o, spec, name[n] == '=' ? name + n + 1 : argv[++i]);
    }
    if (!o.data)
        die("--data is required; try --help");
    if (o.horizon == 0)
        o.horizon = o.epochs;
    if (!o.checkpoint)
        o.checkpoint = default_checkpoint();
    return o;
}

static int choose(const char *name, const char *word, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    die("--%s: no '%s'; try --help", name, word);
}

static recipe recipe_of(const options *o)
{
    static const char *const rules[] = {"sgd", "adam"};
    static const char *const schedules[] = {"constant", "cosine", "steps",
                                            "exponential"};
    return (recipe){
        .rule = (rule)choose("optimizer", o->optimizer, rules, 2),
        .schedule = (schedule)choose("schedule", o->schedule, schedules, N_SCHEDULES),
        .lr = o->lr,
        .momentum = o->momentum,
        .beta2 = o->beta2,
        .weight_decay = o->weight_decay,
        .horizon = o->horizon,
        .warmup = o->warmup,
        .batch = (size_t)o->batch,
        .seed = (uint64_t)fmod(o->seed, 0x1p63)};
}

static volatile sig_atomic_t asked_to_end;

static void on_term(int signal)
{
    (void)signal;
    asked_to_end = 1;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* As a JSON number; a diverged run prints NaN or Infinity as Python does. */
static void print_number(FILE *file, const char *key, double x)
{
    if (isfinite(x))
        (void)fprintf(file, ", \"%s\": %.9g", key, x);
    else
        (void)fprintf(file, ", \"%s\": %s", key, isnan(x) ? "NaN" : "Infinity");
}

static void report(FILE *file, const trainer *t, double train_loss, double loss,
                   double error, double seconds)
{
    (void)fprintf(file, "{\"step\": %zu", t->epoch);
    print_number(file, "valid_loss", loss);
    print_number(file, "valid_error", error);
    print_number(file, "train_loss", train_loss);
    print_number(file, "seconds", seconds);
    (void)fputs("}\n", file);
    (void)fflush(file);
}

/* Train up to o->epochs; true when that was reached. */
static bool train_all(trainer *t, const options *o, const table *train,
                      const table *valid, FILE *out)
{
    double start = now();
    while ((double)t->epoch < o->epochs) {
        double loss, error, train_loss = trainer_epoch(t, train);
        trainer_evaluate(t, valid, &loss, &error);
        if (o->checkpoint)
            trainer_save(t, o->checkpoint);
        report(out, t, train_loss, loss, error, now() - start);
        if (!isfinite(loss))
            return true; /* it will not come back */
        if (asked_to_end && (double)t->epoch < o->epochs)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char *const activations[] = {"relu", "tanh", "sigmoid", "silu"};
    options o = parse(argc, argv);
    openblas_set_num_threads(1);
    (void)signal(SIGTERM, on_term);

    table all = table_read(o.data), train, valid;
    table_split(&all, o.valid_fraction, (uint64_t)o.split_seed, &train, &valid);
    recipe r = recipe_of(&o);
    size_t batch = r.batch > 256 ? r.batch
                                 : 256; /* evaluation goes by larger batches */
    net model;
    net_init(&model, all.d, (size_t)o.width, (size_t)o.depth, all.n_classes,
             (activation)choose("activation", o.activation, activations, N_ACTIVATIONS),
             o.dropout, batch, r.seed);
    trainer t;
    trainer_init(&t, &model, &r, &train);
    if (o.checkpoint)
        (void)trainer_load(&t, o.checkpoint);

    FILE *out = o.report ? fopen(o.report, "a") : stdout;
    if (!out)
        die("cannot append to %s", o.report);
    bool reached = train_all(&t, &o, &train, &valid, out);
    if (out != stdout)
        (void)fclose(out);
    trainer_deinit(&t);
    net_deinit(&model);
    table_free(&train);
    table_free(&valid);
    table_free(&all);
    return reached ? EXIT_SUCCESS : 75;
}
