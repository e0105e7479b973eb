/* `report`: the study as a page of HTML, beside its store. */
#include "cli/cli.h"

#include <fidelio/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whoever has the page open sees the old one or the new one, never half of it. */
static bool write_whole(const char *path, const fid_text *page)
{
    fid_text part = {0};
    fid_text_printf(&part, "%s.part", path);
    FILE *file = part.failed ? NULL : fopen(part.data, "we");
    bool ok = file && fwrite(page->data, 1, page->len, file) == page->len;
    if (file)
        ok = fclose(file) == 0 && ok;
    ok = ok && rename(part.data, path) == 0;
    if (!ok)
        fprintf(stderr, "fidelio: %s: %s\n", path, strerror(errno));
    fid_text_deinit(&part);
    return ok;
}

static void find_command(cli_place *place, fid_text *out)
{
    const fid_space *space = fid_study_space(place->study);
    const fid_history *history = fid_study_history(place->study);
    uint64_t best;
    fid_value *config = fid_alloc(fid_space_n_params(space), sizeof *config);
    if (config && place->sweep && cli_has_command(place) &&
        fid_history_incumbent(history, &best)) {
        fid_space_decode(space, fid_history_point(history, best), config);
        (void)cli_append_training(place, best, config, out);
    }
    free(config);
}

static const char *name_of(const cli_place *place)
{
    if (place->sweep)
        return place->sweep->name;
    const char *slash = strrchr(place->folder, '/');
    return slash && slash[1] ? slash + 1 : place->folder;
}

static int report(const cli_args *args, cli_place *place, fid_text *out)
{
    fid_text command = {0}, page = {0}, path = {0};
    fid_error err = {0};
    find_command(place, &command);
    fid_report_words words = {.title = name_of(place), .command = command.data};
    fid_status status =
        fid_report_html(fid_study_history(place->study), &words, &page, &err);
    int code = status == FID_OK ? EXIT_OK : cli_complain(&err);
    if (code == EXIT_OK && args->output && strcmp(args->output, "-") == 0) {
        fid_text_append_n(out, page.data, page.len);
    } else if (code == EXIT_OK) {
        fid_text_printf(&path, "%s%s", args->output ? args->output : place->folder,
                        args->output ? "" : "/report.html");
        code = !path.failed && write_whole(path.data, &page) ? EXIT_OK : EXIT_FAILED;
        if (code == EXIT_OK)
            fid_text_printf(out, "%s\n", path.data);
    }
    fid_text_deinit(&command);
    fid_text_deinit(&page);
    fid_text_deinit(&path);
    return code;
}

int cli_report(const cli_args *args)
{
    return cli_with_study(args, report);
}
