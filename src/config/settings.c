/* What study, executor and `check` want of a sweep. */
#include <fidelio/config.h>

#include <string.h>

void fid_sweep_settings(const fid_sweep *sweep, fid_study_settings *out)
{
    *out = (fid_study_settings){
        .name = sweep->name,
        .outline = sweep->outline,
        .sampler = sweep->sampler,
        .sampler_options = sweep->sampler_options,
        .scheduler = sweep->scheduler,
        .rules = sweep->rules,
        .seed = sweep->seed,
        .parallel = sweep->resources.parallel,
        .max_trials = sweep->budget.trials,
        .max_seconds = sweep->budget.seconds,
        .max_cost = sweep->budget.cost,
        .retry = sweep->retry,
        .max_failures = sweep->max_failures,
        .keep = sweep->keep,
        .keep_n = sweep->keep_n,
        .grace = sweep->resources.grace,
    };
}

void fid_sweep_exec_options(const fid_sweep *sweep, fid_exec_local_options *out)
{
    *out = (fid_exec_local_options){
        .workdir = sweep->workdir,
        .study = sweep->name,
        .command = sweep->command,
        .n_command = sweep->n_command,
        .shell = sweep->shell,
        .resume_args = sweep->resume_args,
        .n_resume_args = sweep->n_resume_args,
        .program = sweep->program,
        .interpreter = sweep->interpreter,
        .collect = sweep->collect,
        .n_collect = sweep->n_collect,
        .parallel = sweep->resources.parallel,
        .cpus = sweep->resources.cpus,
        .gpus = sweep->resources.gpus,
        .mem = sweep->resources.mem,
        .timeout = sweep->resources.timeout,
        .idle_timeout = sweep->resources.idle_timeout,
        .grace = sweep->resources.grace,
        .log_cap = sweep->resources.log_cap,
        .orphans_kill = sweep->orphans_kill,
    };
}

void fid_sweep_to_json(const fid_sweep *sweep, fid_text *out)
{
    const fid_fidelity *fidelity = &sweep->outline.fidelity;
    fid_text_append(out, "{\"name\":");
    fid_text_append_json(out, sweep->name, strlen(sweep->name));
    fid_text_printf(out, ",\"sampler\":\"%s\",\"scheduler\":\"%s\",\"seed\":%llu",
                    sweep->sampler->name, sweep->scheduler->name, (unsigned long long)sweep->seed);
    fid_text_append(out, ",\"fidelity\":{\"min\":");
    fid_text_append_double(out, fidelity->min);
    fid_text_append(out, ",\"max\":");
    fid_text_append_double(out, fidelity->max);
    fid_text_append(out, ",\"eta\":");
    fid_text_append_double(out, fidelity->eta);
    fid_text_printf(out, "},\"parallel\":%zu,\"retry\":%zu,\"trials\":%zu,\"seconds\":",
                    sweep->resources.parallel, sweep->retry, sweep->budget.trials);
    fid_text_append_double(out, sweep->budget.seconds);
    fid_text_append(out, ",\"command\":[");
    for (size_t i = 0; i < sweep->n_command; i++) {
        fid_text_append(out, i ? "," : "");
        fid_text_append_json(out, sweep->command[i], strlen(sweep->command[i]));
    }
    fid_text_append(out, "],\"space\":");
    fid_space_to_json(sweep->space, out);
    fid_text_append(out, "}");
}
