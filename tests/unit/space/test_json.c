/* Configurations and definitions as JSON, single values as text, and differences. */
#include "check.h"

#include <fidelio/space.h>

#include <string.h>

/* As a sweep in DESIGN section 4, and every other attribute. */
static const char definition[] =
    "{\"fidelio_space\":1,\"parameters\":["
    "{\"name\":\"eta\",\"type\":\"float\",\"min\":0.001,\"max\":0.5,\"scale\":\"log\","
    "\"default\":0.3,\"prior\":{\"mean\":0.1,\"sd\":1.0}},"
    "{\"name\":\"max_depth\",\"type\":\"int\",\"min\":2,\"max\":12},"
    "{\"name\":\"booster\",\"type\":\"categorical\",\"values\":[\"gbtree\",\"dart\"],"
    "\"weights\":[2.0,1.0]},"
    "{\"name\":\"rate_drop\",\"type\":\"float\",\"min\":0.0,\"max\":0.5,\"step\":0.1,"
    "\"when\":[\"booster == 'dart'\"]},"
    "{\"name\":\"batch\",\"type\":\"ordered\",\"values\":[32,64,128]},"
    "{\"name\":\"units\",\"type\":\"int\",\"min\":16,\"max\":64,\"step\":16},"
    "{\"name\":\"net\",\"type\":\"categorical\",\"values\":[[64,64],[128],null,true,1.5]},"
    "{\"name\":\"seed\",\"type\":\"fixed\",\"value\":7}],"
    "\"constraints\":[\"max_depth * 2 \\u003c= 20\"]}";

static fid_space *make(const char *json)
{
    fid_space *space = NULL;
    fid_error err = {0};
    CHECK(fid_space_from_json(&space, json, strlen(json), &err) == FID_OK);
    if (err.code)
        printf("  %s\n", err.message);
    return space;
}

TEST(a_definition_reads_and_writes_byte_for_byte)
{
    fid_space *space = make(definition);
    fid_text text = {0};
    fid_space_to_json(space, &text);
    CHECK(strcmp(text.data, definition) == 0);
    CHECK(fid_space_n_params(space) == 8 && fid_space_dim(space) == 7);
    fid_text_deinit(&text);
    fid_space_destroy(space);
}

TEST(a_wrong_definition_is_refused_with_words)
{
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"", "malformed JSON: it ends too early"},
        {"{", "malformed JSON: it ends too early"},
        {"[]", "malformed JSON: an object { } is needed"},
        {"{} x", "malformed JSON: something follows the value"},
        {"{\"a\":tru}", "malformed JSON: boolean expected"},
        {"{}", "space: fidelio_space is missing"},
        {"{\"fidelio_space\":2,\"parameters\":[]}",
         "space: format 2 is newer than this fidelio"},
        {"{\"fidelio_space\":1}", "space: parameters is missing"},
        {"{\"fidelio_space\":1,\"parameters\":{}}", "space: parameters must be a list"},
        {"{\"fidelio_space\":1,\"parameters\":[],\"x\":1}",
         "space: unknown member 'x'"},
        {"{\"fidelio_space\":1,\"parameters\":[1]}", "a parameter must be an object"},
        {"{\"fidelio_space\":1,\"parameters\":[{}]}", "a parameter: name is missing"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\"}]}",
         "a: type is missing"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"real\"}]}",
         "a: unknown type 'real'"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"float\",\"low\":0}]}",
         "a: unknown member 'low'"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"float\",\"min\":0,"
         "\"max\":\"1\"}]}",
         "a: max must be a number"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"float\",\"min\":0,"
         "\"max\":Infinity}]}",
         "a: max must be a finite number, not inf"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"float\",\"min\":NaN,"
         "\"max\":1}]}",
         "a: min must be a finite number, not nan"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"int\",\"min\":0,"
         "\"max\":9223372036854775808}]}",
         "a: max must be a 64-bit integer"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"int\",\"min\":0,"
         "\"max\":5,\"scale\":\"ln\"}]}",
         "a: unknown scale 'ln'"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"fixed\"}]}",
         "a: value is missing"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"fixed\",\"value\":"
         "\"\\u0000x\"}]}",
         "a: a text with a zero byte"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"int\",\"min\":0,"
         "\"max\":5,\"default\":null}]}",
         "a: null is not an integer from 0 to 5"},
        {"{\"fidelio_space\":1,\"parameters\":[{\"name\":\"a\",\"type\":\"int\",\"min\":0,"
         "\"max\":5,\"when\":[\"b == 1\"]}]}",
         "a: when \"b == 1\": there is no parameter 'b'"},
        {"{\"fidelio_space\":1,\"parameters\":[],\"constraints\":[\"1 <\"]}",
         "constraint \"1 <\": a value is missing at the end"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_space *space = NULL;
        fid_error err = {0};
        fid_status status =
            fid_space_from_json(&space, rows[i].json, strlen(rows[i].json), &err);
        CHECK(status != FID_OK && status == err.code && space == NULL);
        CHECK(strcmp(err.message, rows[i].words) == 0);
        if (strcmp(err.message, rows[i].words) != 0)
            printf("  got: %s\n", err.message);
    }
}

TEST(malformed_json_is_shown_with_line_and_column)
{
    fid_space *space = NULL;
    fid_error err = {0};
    static const char json[] = "{\n  \"fidelio_space\": 1,\n  \"parameters\": [}\n}";
    CHECK(fid_space_from_json(&space, json, strlen(json), &err) == FID_PARSE);
    CHECK(err.line == 3 && err.column >= 17 && err.column <= 18);
}

TEST(nesting_and_every_cut_of_a_definition_end_in_an_error)
{
    char deep[20000];
    fid_space *space = NULL;
    memset(deep, '[', sizeof deep);
    CHECK(fid_space_from_json(&space, deep, sizeof deep, NULL) == FID_PARSE && !space);
    for (size_t n = 0; n < strlen(definition); n++)
        CHECK(fid_space_from_json(&space, definition, n, NULL) != FID_OK && !space);
}

/* --- Configurations. */

static fid_status read_config(const fid_space *space, const char *json, bool strict,
                              char out[512], fid_error *err)
{
    fid_value config[8];
    fid_text text = {0};
    fid_status status =
        fid_space_config_from_json(space, json, strlen(json), strict, config, err);
    if (status == FID_OK)
        fid_space_config_to_json(space, config, &text);
    (void)snprintf(out, 512, "%s", text.data ? text.data : err->message);
    fid_text_deinit(&text);
    return status;
}

TEST(a_configuration_is_completed_by_defaults_and_checked)
{
    fid_space *space = make(definition);
    static const struct {
        const char *json;
        bool strict;
        const char *want;
    } rows[] = {
        {"{}", true,
         "{\"eta\":0.3,\"max_depth\":7,\"booster\":\"gbtree\",\"batch\":32,\"units\":48,"
         "\"net\":[64,64],\"seed\":7}"},
        {"{\"booster\":\"dart\",\"eta\":0.5,\"net\":[ 128 ],\"batch\":64.0,\"units\":16,"
         "\"max_depth\":null}",
         true,
         "{\"eta\":0.5,\"max_depth\":7,\"booster\":\"dart\",\"rate_drop\":0.3,\"batch\":64,"
         "\"units\":16,\"net\":[128],\"seed\":7}"},
        {"{\"net\":null,\"rate_drop\":0.1}", false,
         "{\"eta\":0.3,\"max_depth\":7,\"booster\":\"gbtree\",\"batch\":32,\"units\":48,"
         "\"net\":null,\"seed\":7}"},
        {"{\"rate_drop\":0.1}", true,
         "rate_drop: has a value, but its condition does not hold"},
        {"{\"rate_drop\":0.15}", false,
         "rate_drop: 0.15 is not a number from 0 to 0.5 in steps of 0.1"},
        {"{\"etta\":0.1}", true, "there is no parameter 'etta'; did you mean 'eta'?"},
        {"{\"eta\":0.6}", true, "eta: 0.6 is not a number from 0.001 to 0.5"},
        {"{\"eta\":NaN}", true, "eta: NaN is not a number from 0.001 to 0.5"},
        {"{\"eta\":\"0.1\"}", true, "eta: \"0.1\" is not a number from 0.001 to 0.5"},
        {"{\"max_depth\":2.5}", true, "max_depth: 2.5 is not an integer from 2 to 12"},
        {"{\"max_depth\":11}", true,
         "the configuration breaks \"max_depth * 2 <= 20\""},
        {"{\"units\":17}", true, "units: 17 is not one of 16, 32, .. 64"},
        {"{\"batch\":\"64\"}", true,
         "batch: \"64\" is not one of its 3 choices (32, ..)"},
        {"{\"net\":[64,65]}", true,
         "net: [64,65] is not one of its 5 choices ([64,64], ..)"},
        {"{\"seed\":8}", true, "seed: 8 is not its fixed value, 7"},
        {"{\"eta\":0.1", true, "malformed JSON: it ends too early"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_error err = {0};
        char got[512];
        (void)read_config(space, rows[i].json, rows[i].strict, got, &err);
        CHECK(strcmp(got, rows[i].want) == 0);
        if (strcmp(got, rows[i].want) != 0)
            printf("  %s gives %s\n", rows[i].json, got);
    }
    fid_space_destroy(space);
}

TEST(values_are_read_from_the_text_of_a_command_line)
{
    fid_space *space = make(definition);
    static const struct {
        const char *param, *text, *want; /* want: as written back, or the error */
    } rows[] = {{"eta", "1e-1", "0.1"},
                {"eta", "0,1", "eta: \"0,1\" is not a number from 0.001 to 0.5"},
                {"max_depth", "7", "7"},
                {"max_depth", "7.0", "7"},
                {"max_depth", "7.5", "max_depth: 7.5 is not an integer from 2 to 12"},
                {"booster", "dart", "dart"},
                {"booster", "dar",
                 "booster: \"dar\" is not one of its 2 choices (\"gbtree\", ..)"},
                {"batch", "64", "64"},
                {"net", "[128]", "[128]"},
                {"net", "null", "null"},
                {"net", "None", "null"},
                {"net", "True", "true"},
                {"net", "1.50", "1.5"},
                {"seed", "7", "7"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t p = 0;
        fid_value value;
        fid_error err = {0};
        fid_text text = {0};
        CHECK(fid_space_find(space, rows[i].param, &p));
        if (fid_space_value_from_text(space, p, rows[i].text, &value, &err) == FID_OK)
            fid_space_value_to_text(space, p, &value, &text);
        else
            fid_text_append(&text, err.message);
        CHECK(strcmp(text.data, rows[i].want) == 0);
        if (strcmp(text.data, rows[i].want) != 0)
            printf("  got: %s\n", text.data);
        fid_text_deinit(&text);
    }
    fid_space_destroy(space);
}

/* --- Differences. */

TEST(a_difference_is_named_line_by_line)
{
    static const char before[] =
        "{\"fidelio_space\":1,\"parameters\":["
        "{\"name\":\"lr\",\"type\":\"float\",\"min\":0.001,\"max\":0.1,\"scale\":\"log\"},"
        "{\"name\":\"old\",\"type\":\"fixed\",\"value\":1},"
        "{\"name\":\"opt\",\"type\":\"categorical\",\"values\":[\"a\",\"b\"]},"
        "{\"name\":\"n\",\"type\":\"int\",\"min\":1,\"max\":9,\"default\":3}],"
        "\"constraints\":[\"n < 5\"]}";
    static const char after[] =
        "{\"fidelio_space\":1,\"parameters\":["
        "{\"name\":\"opt\",\"type\":\"categorical\",\"values\":[\"a\",\"c\"]},"
        "{\"name\":\"lr\",\"type\":\"float\",\"min\":0.001,\"max\":0.5},"
        "{\"name\":\"n\",\"type\":\"int\",\"min\":1,\"max\":9,\"when\":[\"opt == 'a'\"]},"
        "{\"name\":\"new\",\"type\":\"fixed\",\"value\":1}],"
        "\"constraints\":[\"n < 6\"]}";
    fid_space *a = make(before), *b = make(after);
    fid_text text = {0};
    fid_space_diff(a, b, &text);
    CHECK(strcmp(text.data, "old: removed\n"
                            "opt: values [\"a\",\"b\"] -> [\"a\",\"c\"]\n"
                            "lr: max 0.1 -> 0.5\n"
                            "lr: scale \"log\" -> none\n"
                            "n: default 3 -> none\n"
                            "n: when none -> [\"opt == 'a'\"]\n"
                            "new: added\n"
                            "the order of the parameters differs\n"
                            "constraint \"n < 5\": removed\n"
                            "constraint \"n < 6\": added\n") == 0);
    fid_text_deinit(&text);
    fid_space_destroy(a);
    fid_space_destroy(b);
}

int main(void)
{
    RUN(a_definition_reads_and_writes_byte_for_byte);
    RUN(a_wrong_definition_is_refused_with_words);
    RUN(malformed_json_is_shown_with_line_and_column);
    RUN(nesting_and_every_cut_of_a_definition_end_in_an_error);
    RUN(a_configuration_is_completed_by_defaults_and_checked);
    RUN(values_are_read_from_the_text_of_a_command_line);
    RUN(a_difference_is_named_line_by_line);
    DONE();
}
