/* Templates to argv. The W&B forms are those of create_sweep_command_args in wandb/wandb
 * (flags are f"--{name}={value}" with Python's str). */
#include "check.h"

#include "exec/command.h"
#include "exec/environ.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static fid_space *space;
static fid_value config[8];
static fid_outline outline = {.n_metrics = 1, .n_objectives = 1};
static const char *const environment[] = {"HOME=/home/x", "EMPTY=", "HOMER=no", NULL};

static fid_job job_with(bool checkpoint)
{
    return (fid_job){.trial = 12,
                     .attempt = 3,
                     .seed = 5,
                     .space = space,
                     .config = config,
                     .outline = &outline,
                     .budget = 27,
                     .budget_done = 9,
                     .has_checkpoint = checkpoint,
                     .parent = -1};
}

/* argv joined by |, or the error's words after "error: ". */
static const char *expand(fid_exec_local_options *options, bool checkpoint)
{
    static fid_text out;
    fid_error err = {0};
    fid__words words = {0};
    fid__paths paths;
    fid_job job = job_with(checkpoint);
    fid_text_clear(&out);
    CHECK(fid__paths_init(&paths, "/runs/a b", &job, &err) == FID_OK);
    if (fid__command_expand(options, &job, &paths, environment, &words, &err) != FID_OK)
        fid_text_printf(&out, "error: %s", err.message);
    else
        for (size_t i = 0; i < words.n; i++)
            fid_text_printf(&out, "%s%s", i ? "|" : "", words.items[i]);
    fid__words_deinit(&words);
    fid__paths_deinit(&paths);
    return out.data;
}

static void check_list(const char *const *command, size_t n, bool checkpoint,
                       const char *want)
{
    const char *resume[] = {"model_in=${checkpoint_dir}/model"};
    fid_exec_local_options options = {.command = command,
                                      .n_command = n,
                                      .program = "train.py",
                                      .study = "s t",
                                      .resume_args = resume,
                                      .n_resume_args = 1};
    const char *got = expand(&options, checkpoint);
    CHECK(strcmp(got, want) == 0);
    if (strcmp(got, want) != 0)
        printf("  got:  %s\n  want: %s\n", got, want);
}

#define LIST(want, checkpoint, ...)                                                    \
    do {                                                                               \
        const char *command_[] = {__VA_ARGS__};                                        \
        check_list(command_, sizeof command_ / sizeof *command_, checkpoint, want);    \
    } while (0)

static void check_line(const char *line, bool checkpoint, const char *want)
{
    const char *command[] = {line}, *resume[] = {"model_in=${checkpoint_dir}/model"};
    fid_exec_local_options options = {.command = command,
                                      .n_command = 1,
                                      .shell = true,
                                      .program = "train.py",
                                      .resume_args = resume,
                                      .n_resume_args = 1};
    fid_text whole = {0};
    fid_text_printf(&whole, "/bin/sh|-c|%s", want);
    const char *got = expand(&options, checkpoint);
    CHECK(strcmp(got, whole.data) == 0);
    if (strcmp(got, whole.data) != 0)
        printf("  got:  %s\n  want: %s\n", got, whole.data);
    fid_text_deinit(&whole);
}

TEST(the_words_of_wandb_mean_what_they_mean_there)
{
    LIST(
        "/usr/bin/env|python3|train.py|--lr=0.25|--n=3|--flag=True|--off=False|--opt=it's a $x",
        false, "${env}", "${interpreter}", "${program}", "${args}");
    LIST("p|--lr=0.25|--n=3|--flag|--opt=it's a $x", false, "p",
         "${args_no_boolean_flags}");
    LIST("p|lr=0.25|n=3|flag=True|off=False|opt=it's a $x", false, "p",
         "${args_no_hyphens}");
    LIST("p|--lr|0.25|--n|3|--flag|True|--off|False|--opt|it's a $x", false, "p",
         "${args_no_equals}");
    LIST("p|/runs/a b/12/attempt-3/params.json", false, "p", "${args_json_file}");
    LIST("p|/home/x|", false, "p", "${envvar:HOME}", "${envvar:EMPTY}");
    fid_exec_local_options usual = {.program = "train.py", .interpreter = "python2"};
    CHECK(strncmp(expand(&usual, false), "/usr/bin/env|python2|train.py|--lr=0.25|",
                  40) == 0);
}

TEST(json_is_one_element)
{
    fid_text want = {0};
    fid_text_append(&want, "p|");
    fid_space_config_to_json(space, config, &want);
    LIST(want.data, false, "p", "${args_json}");
    fid_text_deinit(&want);
}

TEST(our_words_stand_inside_an_element)
{
    LIST("p|27 18 9|/runs/a b/12/checkpoint/m|5/12/3|s t", false, "p",
         "${budget} ${budget_left} ${budget_done}", "${checkpoint_dir}/m",
         "${seed}/${trial}/${attempt}", "${study}");
    LIST("p|lr=0.25,n=3|true|it's a $x", false, "p", "lr=${param:lr},n=${param:n}",
         "${param:flag}", "${param:opt}");
    LIST("p|[]", false, "p", "[${parent_checkpoint_dir}]");
}

TEST(an_element_with_an_inactive_parameter_is_left_out)
{
    LIST("p|x", false, "p", "--rate=${param:rate}", "x");
}

TEST(resume_arguments_come_with_a_checkpoint_only)
{
    LIST("p|x", false, "p", "x");
    LIST("p|x|model_in=/runs/a b/12/checkpoint/model", true, "p", "x");
    LIST("p|model_in=/runs/a b/12/checkpoint/model|x", true, "p", "${resume_args}",
         "x");
    LIST("p|x", false, "p", "${resume_args}", "x");
}

TEST(what_is_no_macro_stays_and_slips_are_errors)
{
    LIST("sh|-c|echo ${HOME} $HOME ${x:-y} ${", false, "sh", "-c",
         "echo ${HOME} $HOME ${x:-y} ${");
    LIST("p|${args}|a ${lr} ${budget}", false, "p", "$${args}", "a $${lr} $${budget}");
    LIST(
        "error: command[1]: unknown macro ${arg}: did you mean ${args}? (write $${..} for "
        "the text itself)",
        false, "p", "${arg}");
    LIST(
        "error: command[1]: unknown macro ${budgets_left}: did you mean ${budget_left}? "
        "(write $${..} for the text itself)",
        false, "p", "n=${budgets_left}");
    LIST(
        "error: command[1]: ${args} stands for a list and must be an element of its own",
        false, "p", "x${args}");
    LIST("error: ${param:none}: there is no such parameter", false, "p",
         "${param:none}");
    LIST("error: ${envvar:NONE}: the variable is not set", false, "p",
         "${envvar:NONE}");
    LIST("error: command: it is empty", false, "");
}

TEST(in_a_shell_line_values_are_quoted_for_their_place)
{
    check_line("t --lr ${param:lr} ${param:opt}", false, "t --lr 0.25 'it'\\''s a $x'");
    check_line("t \"${param:opt}\"", false, "t \"it's a \\$x\"");
    check_line("t '${param:opt}'", false, "t 'it'\\''s a $x'");
    check_line(
        "t ${args} # don't ${trial}\necho '${seed}'", false,
        "t --lr=0.25 --n=3 --flag=True --off=False '--opt=it'\\''s a $x' # don't 12\n"
        "echo '5'");
    check_line("t \\\"${param:opt} ${HOME} $${args}", false,
               "t \\\"'it'\\''s a $x' ${HOME} ${args}");
    check_line("t ${rate:-${budget}} x=${param:rate}", false, "t ${rate:-27} x=''");
    check_line("t", true, "t 'model_in=/runs/a b/12/checkpoint/model'");
    check_line("t ${resume_args} | tee log", true,
               "t 'model_in=/runs/a b/12/checkpoint/model' | tee log");
    check_line("t ${resume_args} | tee log", false, "t  | tee log");
}

/* Property: whatever the value's bytes, sh gives them back, in all three places. */
TEST(any_value_comes_back_from_the_shell)
{
    static const char alphabet[] = "ab'\"\\$`#!;|&<>(){}*?~\n\t %=-";
    unsigned seed = 3;
    for (int round = 0; round < 60; round++) {
        char value[20];
        size_t n = 1 + (seed >> 16) % 18;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245 + 12345;
            value[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        value[n] = '\0';
        fid_text line = {0}, want = {0};
        const char *command[] = {
            "printf '%s|' ${study} \"${study}\" '${study}' \"<${study}>\" '<'${study}'>'"};
        fid_exec_local_options options = {
            .command = command, .n_command = 1, .shell = true, .study = value};
        fid_text_append(&line, expand(&options, false) + strlen("/bin/sh|-c|"));
        fid_text_printf(&want, "%s|%s|%s|<%s>|<%s>|", value, value, value, value,
                        value);
        int ends[2];
        char got[400];
        size_t len = 0;
        CHECK(pipe(ends) == 0);
        pid_t pid = fork();
        if (pid == 0) {
            dup2(ends[1], 1);
            execl("/bin/sh", "sh", "-c", line.data, (char *)NULL);
            _exit(1);
        }
        close(ends[1]);
        for (ssize_t k; (k = read(ends[0], got + len, sizeof got - len)) > 0;)
            len += (size_t)k;
        close(ends[0]);
        waitpid(pid, NULL, 0);
        CHECK(len == want.len && memcmp(got, want.data, len) == 0);
        fid_text_deinit(&line);
        fid_text_deinit(&want);
    }
}

TEST(devices_are_taken_from_what_the_engine_was_given)
{
    static const struct {
        const char *given;
        size_t slot, per_slot;
        bool ok;
        const char *want;
    } rows[] = {{NULL, 0, 1, true, "0"},        {NULL, 3, 2, true, "6,7"},
                {"4,5,6,7", 1, 2, true, "6,7"}, {"GPU-ab,GPU-cd", 1, 1, true, "GPU-cd"},
                {"4,5,6", 1, 2, false, NULL},   {"", 0, 1, false, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_text out = {0};
        fid_text_append(&out, "");
        CHECK(fid__environ_devices(rows[i].given, rows[i].slot, rows[i].per_slot,
                                   &out) == rows[i].ok);
        if (rows[i].ok)
            CHECK(strcmp(out.data, rows[i].want) == 0);
        fid_text_deinit(&out);
    }
}

static void add(fid_status status)
{
    CHECK(status == FID_OK);
}

int main(void)
{
    fid_error err = {0};
    const fid_literal opts[] = {{.kind = FID_LITERAL_STRING, .text = "it's a $x"},
                                {.kind = FID_LITERAL_STRING, .text = "b"}};
    const fid_literal both[] = {{.kind = FID_LITERAL_BOOL, .i = 0},
                                {.kind = FID_LITERAL_BOOL, .i = 1}};
    const fid_literal off = {.kind = FID_LITERAL_BOOL, .i = 0};
    add(fid_space_create(&space));
    add(fid_space_add_float(space, "lr", 0.1, 0.9, FID_SCALE_LINEAR, 0, &err));
    add(fid_space_add_int(space, "n", 1, 9, FID_SCALE_LINEAR, 1, &err));
    add(fid_space_add_choice(space, "flag", both, 2, false, &err));
    add(fid_space_add_fixed(space, "off", off, &err));
    add(fid_space_add_choice(space, "opt", opts, 2, false, &err));
    add(fid_space_add_float(space, "rate", 0, 1, FID_SCALE_LINEAR, 0, &err));
    add(fid_space_set_when(space, "rate", "opt == 'b'", &err));
    add(fid_space_freeze(space, &err));
    config[0] = (fid_value){.active = true, .f = 0.25};
    config[1] = (fid_value){.active = true, .f = 3, .i = 3};
    config[2] = (fid_value){.active = true, .choice = 1};
    config[3] = (fid_value){.active = true};
    config[4] = (fid_value){.active = true, .choice = 0};
    RUN(the_words_of_wandb_mean_what_they_mean_there);
    RUN(json_is_one_element);
    RUN(our_words_stand_inside_an_element);
    RUN(an_element_with_an_inactive_parameter_is_left_out);
    RUN(resume_arguments_come_with_a_checkpoint_only);
    RUN(what_is_no_macro_stays_and_slips_are_errors);
    RUN(in_a_shell_line_values_are_quoted_for_their_place);
    RUN(any_value_comes_back_from_the_shell);
    RUN(devices_are_taken_from_what_the_engine_was_given);
    fid_space_destroy(space);
    DONE();
}
