/* YAML into the node tree: shape, places, limits, what is refused. */
#include "config/node.h"

#include "check.h"

#include <string.h>

/* One file read; keeps what it needs until `closed`. */
typedef struct {
    fid__arena arena;
    fid_diagnostics d;
    fid__log log;
    fid__node *root;
} file;

static file read_bytes(const char *text, size_t n)
{
    file f = {0};
    fid__log_init(&f.log, &f.d, text, n);
    fid__log log = f.log;
    log.out = &f.d;
    f.root = fid__read_yaml(&f.arena, &log);
    return f;
}

static file read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void closed(file *f)
{
    fid__log_deinit(&f->log);
    fid__arena_deinit(&f->arena);
    fid_diagnostics_deinit(&f->d);
}

static bool complains(const file *f, int line, int column, const char *words)
{
    for (size_t i = 0; i < f->d.n; i++)
        if (f->d.items[i].line == line && f->d.items[i].column == column &&
            strstr(f->d.items[i].message, words))
            return true;
    for (size_t i = 0; i < f->d.n; i++)
        printf("  got %d:%d %s\n", f->d.items[i].line, f->d.items[i].column,
               f->d.items[i].message);
    return false;
}

static void check_refused(const char *text, int line, int column, const char *words)
{
    file f = read_text(text);
    CHECK(f.d.n_errors >= 1);
    CHECK(complains(&f, line, column, words));
    closed(&f);
}

TEST(a_tree_knows_its_shape_and_places)
{
    file f = read_text("name: x\nlist:\n  - 1\n  - \"a b\"\nmap: {k: v}\n");
    CHECK(f.d.n == 0 && f.root && f.root->kind == FID__MAP && f.root->n == 3);
    const fid__node *list = fid__node_get(f.root, "list");
    CHECK(list->kind == FID__LIST && list->n == 2);
    CHECK(list->first->mark.line == 3 && list->first->mark.column == 5);
    CHECK(list->first->next->mark.length == 5 && !list->first->next->plain);
    const fid__node *map = fid__node_get(f.root, "map");
    CHECK(map->kind == FID__MAP && fid__node_is(fid__node_get(map, "k"), "v"));
    CHECK(fid__node_get(map, "none") == NULL && fid__node_get(list, "k") == NULL);
    closed(&f);
}

TEST(columns_count_characters)
{
    file f = read_text("n\xC3\xA4me: {a\xE2\x82\xAC: ~, b: *x}\n");
    CHECK(complains(&f, 1, 18, "aliases"));
    closed(&f);
}

TEST(an_offset_into_a_scalar_is_a_place_only_when_verbatim)
{
    file f = read_text(
        "a: plain text\nb: 'quoted'\nc: 'it''s'\nd: \"a\\tb\"\ne: |\n  block\n");
    static const bool verbatim[] = {true, true, false, false, false};
    size_t k = 0;
    for (const fid__node *key = f.root->first; key; key = key->next)
        CHECK(key->value->verbatim == verbatim[k++]);
    closed(&f);
}

TEST(aliases_anchors_tags_and_merge_keys_are_refused_where_they_stand)
{
    check_refused("a: &x 1\n", 1, 4, "anchors (&x)");
    check_refused("a: &x [1]\nb: *x\n", 2, 4, "aliases (*x)");
    check_refused("a: !!int 1\n", 1, 4, "tags (tag:yaml.org,2002:int)");
    check_refused("a: !include f\n", 1, 4, "tags (!include)");
    check_refused("a:\n  <<: {b: 1}\n", 2, 3, "merge keys");
    check_refused("a: ! x\n", 1, 4, "tags (!)");
}

TEST(duplicate_keys_are_all_named)
{
    file f = read_text("a: 1\nb: 2\na: 3\nc: {x: 1, x: 2}\na: 4\n");
    CHECK(f.d.n_errors == 3);
    CHECK(complains(&f, 3, 1, "duplicate key 'a', first on line 1"));
    CHECK(complains(&f, 5, 1, "duplicate key 'a'"));
    CHECK(complains(&f, 4, 11, "duplicate key 'x'"));
    closed(&f);
}

TEST(a_file_is_one_document_of_text)
{
    check_refused("", 0, 0, "empty");
    check_refused("# nothing\n", 0, 0, "empty");
    check_refused("---\na: 1\n---\nb: 2\n", 3, 1, "second document");
    check_refused("a: \xFF\xFE\n", 1, 4, "not UTF-8");
    check_refused("a: 1\nb: \x01\n", 2, 4, "control character (U+0001)");
    check_refused("a: \"x\\0y\"\n", 1, 4, "zero byte");
    check_refused("[a, b]: c\n", 1, 1, "a key must be a word");
}

TEST(syntax_errors_have_a_place_and_mostly_a_remedy)
{
    static const struct {
        const char *text;
        int line, column;
    } rows[] = {
        {"a: b: c\n", 1, 5},      {"a: [1, 2\nb: 3\n", 2, 2},
        {"a: {x: 1\n", 2, 1},     {"a:\n\tb: 1\n", 2, 1},
        {"a: 1\n  b: 2\n", 2, 4}, {"command: [${program}, x]\n", 1, 12},
        {"a: \"x\\dy\"\n", 1, 6}, {"a: 'x\n", 2, 1},
        {"a: @x\n", 1, 4},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        file f = read_text(rows[k].text);
        CHECK(f.root == NULL && f.d.n_errors == 1);
        CHECK(complains(&f, rows[k].line, rows[k].column, "YAML: "));
        CHECK(f.d.n == 1 && f.d.items[0].remedy);
        closed(&f);
    }
}

TEST(limits_hold_for_depth_values_and_scalars)
{
    enum { BIG = 300000 };
    char *text = malloc(BIG + 8);
    memset(text, '[', BIG);
    file f = read_bytes(text, BIG);
    CHECK(complains(&f, 1, 33, "deeper than 32"));
    closed(&f);

    text[0] = '[';
    for (size_t i = 1; i < BIG; i += 2)
        memcpy(text + i, "1,", 2);
    f = read_bytes(text, BIG);
    CHECK(f.d.n_errors == 1 && strstr(f.d.items[0].message, "100,000"));
    closed(&f);

    memset(text, 'a', BIG);
    f = read_bytes(text, BIG);
    CHECK(complains(&f, 1, 1, "300000 bytes; at most 65536"));
    closed(&f);
    free(text);
}

TEST(only_fifty_complaints_are_kept_but_all_counted)
{
    fid_text text = {0};
    for (int i = 0; i < 200; i++)
        fid_text_append(&text, "a: 1\n");
    file f = read_bytes(text.data, text.len);
    CHECK(f.d.n == 50 && f.d.n_errors == 199);
    fid_text words = {0};
    fid_diagnostics_to_text(&f.d, FID_SEVERITY_NOTE, &words);
    CHECK(strstr(words.data, "and 149 more errors\n"));
    fid_text_deinit(&words);
    fid_text_deinit(&text);
    closed(&f);
}

TEST(a_complaint_shows_the_line_and_a_caret_and_no_control_bytes)
{
    file f = read_text("name: \xC3\xA4\ta: \"\x1B[31m\" \xC2\x9B\n");
    fid_text words = {0};
    fid_diagnostics_to_text(&f.d, FID_SEVERITY_ERROR, &words);
    for (size_t i = 0; i < words.len; i++)
        CHECK((unsigned char)words.data[i] >= 0x20 || words.data[i] == '\n');
    CHECK(!strstr(words.data, "\xC2\x9B"));
    fid_text_deinit(&words);
    closed(&f);

    f = read_text("first: 1\nkey: *alias # comment\n");
    f.d.file = fid_strdup("s.yaml");
    fid_diagnostics_to_text(&f.d, FID_SEVERITY_ERROR, &words);
    CHECK(
        strcmp(words.data,
               "s.yaml:2:6: error: aliases (*alias) are not supported\n"
               "    2 | key: *alias # comment\n"
               "      |      ^^^^^^\n"
               "      = write the value out; text that begins with * needs quotes\n") ==
        0);
    fid_text_clear(&words);
    fid_diagnostics_to_json(&f.d, &words);
    CHECK(
        strcmp(
            words.data,
            "[{\"severity\":\"error\",\"line\":2,\"column\":6,\"message\":\"aliases "
            "(*alias) are not supported\",\"remedy\":\"write the value out; text that "
            "begins with * needs quotes\"}]") == 0);
    fid_text_deinit(&words);
    closed(&f);
}

TEST(a_long_line_is_cut_around_the_place)
{
    char text[2100];
    memset(text, ' ', 2000);
    memcpy(text, "k: {", 4);
    memcpy(text + 1990, "a: *x}    \n", 12);
    file f = read_text(text);
    CHECK(complains(&f, 1, 1994, "aliases"));
    CHECK(f.d.items[0].source && strlen(f.d.items[0].source) <= 100);
    CHECK(f.d.items[0].source[f.d.items[0].window - 1] == '*');
    closed(&f);
}

int main(void)
{
    RUN(a_tree_knows_its_shape_and_places);
    RUN(columns_count_characters);
    RUN(an_offset_into_a_scalar_is_a_place_only_when_verbatim);
    RUN(aliases_anchors_tags_and_merge_keys_are_refused_where_they_stand);
    RUN(duplicate_keys_are_all_named);
    RUN(a_file_is_one_document_of_text);
    RUN(syntax_errors_have_a_place_and_mostly_a_remedy);
    RUN(limits_hold_for_depth_values_and_scalars);
    RUN(only_fifty_complaints_are_kept_but_all_counted);
    RUN(a_complaint_shows_the_line_and_a_caret_and_no_control_bytes);
    RUN(a_long_line_is_cut_around_the_place);
    DONE();
}
