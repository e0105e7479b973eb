#include "exec/environ.h"

#include <inttypes.h>
#include <string.h>

static bool is_set_by_us(const fid_exec_local_options *o, const char *devices,
                         const char *entry)
{
    return strncmp(entry, "PG", 2) == 0 || strncmp(entry, "FIDELIO_", 8) == 0 ||
           (devices && strncmp(entry, "CUDA_VISIBLE_DEVICES=", 21) == 0) ||
           (o->cpus && strncmp(entry, "OMP_NUM_THREADS=", 16) == 0);
}

static void add(fid__words *out, fid_text *entry)
{
    out->failed |= entry->failed || !entry->data;
    if (!out->failed)
        fid__words_add(out, entry->data, entry->len);
    fid_text_clear(entry);
}

static void add_text(fid__words *out, fid_text *scratch, const char *name,
                     const char *value)
{
    fid_text_printf(scratch, "%s=%s", name, value);
    add(out, scratch);
}

static void add_double(fid__words *out, fid_text *scratch, const char *name,
                       double value)
{
    fid_text_printf(scratch, "%s=", name);
    fid_text_append_double(scratch, value);
    add(out, scratch);
}

static char variable_char(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

static void add_params(fid__words *out, fid_text *scratch, const fid_job *job)
{
    for (size_t p = 0; p < fid_space_n_params(job->space); p++) {
        if (!job->config[p].active)
            continue;
        fid_text_append(scratch, "FIDELIO_PARAM_");
        for (const char *s = fid_space_param_name(job->space, p); *s; s++) {
            char c = variable_char(*s);
            fid_text_append_n(scratch, &c, 1);
        }
        fid_text_append(scratch, "=");
        fid_space_value_to_text(job->space, p, &job->config[p], scratch);
        add(out, scratch);
    }
}

fid_status fid__environ_build(const fid_exec_local_options *options, const fid_job *job,
                              const fid__paths *paths, const char *const *inherited,
                              const char *devices, fid__words *out, fid_error *err)
{
    fid_text entry = {0};
    for (; inherited && *inherited; inherited++)
        if (!is_set_by_us(options, devices, *inherited))
            fid__words_add(out, *inherited, strlen(*inherited));
    add_text(out, &entry, "FIDELIO_PROTOCOL", "1");
    add_text(out, &entry, "FIDELIO_STUDY", options->study ? options->study : "");
    fid_text_printf(&entry, "FIDELIO_TRIAL=%" PRIu64, job->trial);
    add(out, &entry);
    fid_text_printf(&entry, "FIDELIO_ATTEMPT=%" PRIu32, job->attempt);
    add(out, &entry);
    fid_text_printf(&entry, "FIDELIO_SEED=%" PRIu32, fid__small_seed(job->seed));
    add(out, &entry);
    add_text(out, &entry, "FIDELIO_PARAMS", paths->params);
    add_params(out, &entry, job);
    add_double(out, &entry, "FIDELIO_BUDGET", job->budget);
    add_double(out, &entry, "FIDELIO_BUDGET_DONE", job->budget_done);
    add_text(out, &entry, "FIDELIO_CHECKPOINT_DIR", paths->checkpoint);
    if (paths->parent_checkpoint)
        add_text(out, &entry, "FIDELIO_PARENT_CHECKPOINT_DIR",
                 paths->parent_checkpoint);
    add_text(out, &entry, "FIDELIO_REPORT", paths->report);
    if (devices)
        add_text(out, &entry, "CUDA_VISIBLE_DEVICES", devices);
    if (options->cpus) {
        fid_text_printf(&entry, "OMP_NUM_THREADS=%zu", options->cpus);
        add(out, &entry);
    }
    fid_text_deinit(&entry);
    return out->failed ? fid_error_set(err, FID_NOMEM, "out of memory") : FID_OK;
}

bool fid__environ_devices(const char *given, size_t slot, size_t per_slot,
                          fid_text *out)
{
    size_t first = slot * per_slot, index = 0;
    if (!given) {
        for (size_t i = 0; i < per_slot; i++)
            fid_text_printf(out, "%s%zu", i ? "," : "", first + i);
        return true;
    }
    for (const char *s = given; *s && index < first + per_slot; index++) {
        size_t len = strcspn(s, ",");
        if (index >= first) {
            fid_text_append(out, index > first ? "," : "");
            fid_text_append_n(out, s, len);
        }
        s += len + (s[len] == ',');
    }
    return index == first + per_slot;
}
