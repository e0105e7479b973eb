/* Spaces of other tools. The files are of the kind that ConfigSpace 0.6.1, ConfigSpace
 * 1.2.0 and Optuna's distribution_to_json write. */
#include "check.h"

#include <fidelio/space.h>

#include <string.h>

static fid_status configspace(const char *json, fid_text *out, fid_error *err)
{
    fid_space *space = NULL;
    fid_status status = fid_space_from_configspace(&space, json, strlen(json), err);
    CHECK((status == FID_OK) == (space != NULL));
    if (space)
        fid_space_to_json(space, out);
    else
        fid_text_append(out, err->message);
    fid_space_destroy(space);
    return status;
}

static fid_status optuna(const char *json, fid_text *out, fid_error *err)
{
    fid_space *space = NULL;
    fid_status status = fid_space_from_optuna(&space, json, strlen(json), err);
    if (space)
        fid_space_to_json(space, out);
    else
        fid_text_append(out, err->message);
    fid_space_destroy(space);
    return status;
}

static void same(const fid_text *got, const char *want)
{
    CHECK(strcmp(got->data, want) == 0);
    if (strcmp(got->data, want) != 0)
        printf("  got: %s\n", got->data);
}

TEST(the_old_layout_of_configspace_is_read)
{
    static const char json[] =
        "{\"hyperparameters\": ["
        "{\"name\": \"booster\", \"type\": \"categorical\", \"choices\": [\"gblinear\", "
        "\"gbtree\", \"dart\"], \"default\": \"gbtree\", \"probabilities\": [0.25, 0.5, 0.25]},"
        "{\"name\": \"task_id\", \"type\": \"categorical\", \"choices\": [\"3\", \"31\"], "
        "\"default\": \"3\", \"probabilities\": [0.5, 0.5]},"
        "{\"name\": \"eta\", \"type\": \"uniform_float\", \"log\": true, \"lower\": 0.001, "
        "\"upper\": 1.0, \"default\": 0.3, \"q\": null},"
        "{\"name\": \"nrounds\", \"type\": \"uniform_int\", \"log\": true, \"lower\": 7, "
        "\"upper\": 2981, \"default\": 144, \"q\": null},"
        "{\"name\": \"sub\", \"type\": \"uniform_float\", \"log\": false, \"lower\": 0.1, "
        "\"upper\": 1.0, \"default\": 0.56, \"q\": 0.1},"
        "{\"name\": \"w\", \"type\": \"uniform_int\", \"log\": false, \"lower\": 0, "
        "\"upper\": 100, \"default\": 50, \"q\": 10},"
        "{\"name\": \"size\", \"type\": \"ordinal\", \"sequence\": [\"s\", \"m\", \"l\"], "
        "\"default\": \"s\"},"
        "{\"name\": \"nf\", \"type\": \"normal_float\", \"log\": false, \"mu\": 0.0, \"sigma\": "
        "1.0, \"default\": 0.0, \"lower\": null, \"upper\": null, \"q\": null},"
        "{\"name\": \"nl\", \"type\": \"normal_float\", \"log\": true, \"mu\": 0.0, \"sigma\": "
        "1.5, \"default\": 2.0, \"lower\": 0.5, \"upper\": 100.0, \"q\": null},"
        "{\"name\": \"num.impute\", \"type\": \"constant\", \"value\": \"mean\"},"
        "{\"name\": \"rate_drop\", \"type\": \"uniform_float\", \"log\": false, \"lower\": 0.0, "
        "\"upper\": 1.0, \"default\": 0.5, \"q\": null},"
        "{\"name\": \"max_depth\", \"type\": \"uniform_int\", \"log\": false, \"lower\": 1, "
        "\"upper\": 15, \"default\": 8, \"q\": null}],"
        "\"conditions\": ["
        "{\"child\": \"rate_drop\", \"parent\": \"booster\", \"type\": \"EQ\", \"value\": "
        "\"dart\"},"
        "{\"child\": \"max_depth\", \"parent\": \"booster\", \"type\": \"IN\", \"values\": "
        "[\"gbtree\", \"dart\"]}],"
        "\"forbiddens\": ["
        "{\"left\": \"w\", \"right\": \"nrounds\", \"type\": \"RELATION\", \"lambda\": "
        "\"GREATER\"},"
        "{\"name\": \"booster\", \"type\": \"AND\", \"clauses\": [{\"name\": \"booster\", "
        "\"type\": \"EQUALS\", \"value\": \"dart\"}, {\"name\": \"size\", \"type\": \"IN\", "
        "\"values\": [\"l\"]}]}],"
        "\"python_module_version\": \"0.6.1\", \"json_format_version\": 0.4}";
    fid_text text = {0};
    fid_error err = {0};
    CHECK(configspace(json, &text, &err) == FID_OK);
    same(
        &text,
        "{\"fidelio_space\":1,\"parameters\":["
        "{\"name\":\"booster\",\"type\":\"categorical\",\"values\":[\"gblinear\",\"gbtree\","
        "\"dart\"],\"default\":\"gbtree\",\"weights\":[0.25,0.5,0.25]},"
        "{\"name\":\"task_id\",\"type\":\"categorical\",\"values\":[\"3\",\"31\"],\"default\":"
        "\"3\"},"
        "{\"name\":\"eta\",\"type\":\"float\",\"min\":0.001,\"max\":1.0,\"scale\":\"log\","
        "\"default\":0.3},"
        "{\"name\":\"nrounds\",\"type\":\"int\",\"min\":7,\"max\":2981,\"scale\":\"log\","
        "\"default\":144},"
        "{\"name\":\"sub\",\"type\":\"float\",\"min\":0.1,\"max\":1.0,\"step\":0.1,\"default\":"
        "0.6},"
        "{\"name\":\"w\",\"type\":\"int\",\"min\":0,\"max\":100,\"step\":10,\"default\":50},"
        "{\"name\":\"size\",\"type\":\"ordered\",\"values\":[\"s\",\"m\",\"l\"],\"default\":"
        "\"s\"},"
        "{\"name\":\"nf\",\"type\":\"float\",\"min\":-4.0,\"max\":4.0,\"default\":0.0,"
        "\"prior\":{\"mean\":0.0,\"sd\":1.0}},"
        "{\"name\":\"nl\",\"type\":\"float\",\"min\":0.5,\"max\":100.0,\"scale\":\"log\","
        "\"default\":2.0,\"prior\":{\"mean\":1.0,\"sd\":1.5}},"
        "{\"name\":\"num.impute\",\"type\":\"fixed\",\"value\":\"mean\"},"
        "{\"name\":\"rate_drop\",\"type\":\"float\",\"min\":0.0,\"max\":1.0,\"default\":0.5,"
        "\"when\":[\"booster == 'dart'\"]},"
        "{\"name\":\"max_depth\",\"type\":\"int\",\"min\":1,\"max\":15,\"default\":8,"
        "\"when\":[\"booster in ['gbtree', 'dart']\"]}],"
        "\"constraints\":[\"not (w \\u003e nrounds)\",\"not ((booster == 'dart' and size in "
        "['l']))\"]}");
    fid_text_deinit(&text);
}

TEST(the_layout_of_configspace_1_x_is_read)
{
    static const char json[] =
        "{\"name\": \"demo\", \"hyperparameters\": ["
        "{\"type\": \"categorical\", \"name\": \"booster\", \"choices\": [\"gbtree\", \"dart\"], "
        "\"weights\": [1, 2], \"default_value\": \"gbtree\", \"meta\": null},"
        "{\"type\": \"uniform_int\", \"name\": \"k\", \"lower\": 2, \"upper\": 12, "
        "\"default_value\": 6, \"log\": false, \"meta\": null},"
        "{\"type\": \"normal_int\", \"name\": \"ni\", \"mu\": 5.0, \"sigma\": 2.0, \"lower\": 0, "
        "\"upper\": 10, \"default_value\": 5, \"log\": false, \"meta\": null},"
        "{\"type\": \"constant\", \"name\": \"seed\", \"value\": 3, \"meta\": null},"
        "{\"type\": \"ordinal\", \"name\": \"size\", \"sequence\": [\"s\", \"m\", \"l\"], "
        "\"default_value\": \"s\", \"meta\": null},"
        "{\"type\": \"uniform_float\", \"name\": \"skip\", \"lower\": 0.0, \"upper\": 1.0, "
        "\"default_value\": 0.5, \"log\": false, \"meta\": null},"
        "{\"type\": \"uniform_int\", \"name\": \"t\", \"lower\": 0, \"upper\": 5, "
        "\"default_value\": 2, \"log\": false, \"meta\": null}],"
        "\"conditions\": ["
        "{\"type\": \"AND\", \"child\": \"skip\", \"conditions\": [{\"type\": \"GT\", \"child\": "
        "\"skip\", \"parent\": \"size\", \"value\": \"s\"}, {\"type\": \"GT\", \"child\": "
        "\"skip\", \"parent\": \"k\", \"value\": 4}]},"
        "{\"type\": \"OR\", \"child\": \"t\", \"conditions\": [{\"type\": \"NEQ\", \"child\": "
        "\"t\", \"parent\": \"booster\", \"value\": \"dart\"}, {\"type\": \"LT\", \"child\": "
        "\"t\", \"parent\": \"k\", \"value\": 10}]}],"
        "\"forbiddens\": [{\"type\": \"RELATION_LT\", \"left\": \"k\", \"right\": \"ni\"},"
        "{\"type\": \"OR\", \"clauses\": [{\"type\": \"EQUALS\", \"name\": \"k\", \"value\": 7},"
        "{\"type\": \"CLAUSE_GE\", \"name\": \"t\", \"value\": 5}]}],"
        "\"python_module_version\": \"1.2.0\", \"format_version\": 0.4}";
    fid_text text = {0};
    fid_error err = {0};
    CHECK(configspace(json, &text, &err) == FID_OK);
    same(
        &text,
        "{\"fidelio_space\":1,\"parameters\":["
        "{\"name\":\"booster\",\"type\":\"categorical\",\"values\":[\"gbtree\",\"dart\"],"
        "\"default\":\"gbtree\",\"weights\":[1.0,2.0]},"
        "{\"name\":\"k\",\"type\":\"int\",\"min\":2,\"max\":12,\"default\":6},"
        "{\"name\":\"ni\",\"type\":\"int\",\"min\":0,\"max\":10,\"default\":5,\"prior\":{"
        "\"mean\":5.0,\"sd\":2.0}},"
        "{\"name\":\"seed\",\"type\":\"fixed\",\"value\":3},"
        "{\"name\":\"size\",\"type\":\"ordered\",\"values\":[\"s\",\"m\",\"l\"],\"default\":"
        "\"s\"},"
        "{\"name\":\"skip\",\"type\":\"float\",\"min\":0.0,\"max\":1.0,\"default\":0.5,"
        "\"when\":[\"(size in ['m', 'l'] and k \\u003e 4)\"]},"
        "{\"name\":\"t\",\"type\":\"int\",\"min\":0,\"max\":5,\"default\":2,\"when\":["
        "\"(booster != 'dart' or k \\u003c 10)\"]}],"
        "\"constraints\":[\"not (k \\u003c ni)\",\"not (k == 7)\",\"not (t \\u003e= 5)\"]}");
    fid_text_deinit(&text);
}

#define X_AND(more)                                                                    \
    "{\"name\":\"x\",\"type\":\"uniform_int\",\"lower\":0,\"upper\":9}" more

TEST(what_configspace_pieces_are_not_supported_is_said_by_name)
{
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{}", "space: hyperparameters is missing"},
        {"{\"hyperparameters\":[3]}", "a hyperparameter must be an object"},
        {"{\"hyperparameters\":[{\"name\":\"b\",\"type\":\"beta_float\"}]}",
         "b: type 'beta_float' is not supported"},
        {"{\"hyperparameters\":[{\"name\":\"b\",\"type\":\"uniform_float\",\"lower\":0}]}",
         "b: upper is missing"},
        {"{\"hyperparameters\":[{\"name\":\"b\",\"type\":\"uniform_float\",\"lower\":0,"
         "\"upper\":Infinity}]}",
         "b: max must be a finite number, not inf"},
        {"{\"hyperparameters\":[{\"name\":\"b\",\"type\":\"uniform_int\",\"lower\":0,\"upper\":9,"
         "\"q\":0.5}]}",
         "b: q must be a whole number"},
        {"{\"hyperparameters\":[{\"name\":\"b\",\"type\":\"normal_float\",\"mu\":0,\"sigma\":0}]}",
         "b: mu must be finite and sigma finite and above 0"},
        {"{\"hyperparameters\":[" X_AND(
             "") "],\"conditions\":[{\"child\":\"y\",\"parent\":\"x\","
                 "\"type\":\"EQ\",\"value\":1}]}",
         "there is no parameter 'y'"},
        {"{\"hyperparameters\":[" X_AND(
             "") "],\"conditions\":[{\"child\":\"x\",\"parent\":\"y\","
                 "\"type\":\"EQ\",\"value\":1}]}",
         "x: when \"y == 1\": there is no parameter 'y'"},
        {"{\"hyperparameters\":[" X_AND(
             "") "],\"conditions\":[{\"child\":\"x\",\"parent\":\"x\","
                 "\"type\":\"XOR\",\"value\":1}]}",
         "a condition: type 'XOR' is not supported"},
        {"{\"hyperparameters\":[" X_AND(
             "") "],\"forbiddens\":[{\"name\":\"x\",\"type\":\"NOT\"}]}",
         "a forbidden clause: type 'NOT' is not supported"},
        {"{\"hyperparameters\":[" X_AND("") "],\"forbiddens\":[7]}",
         "a forbidden clause must be an object"},
        {"{\"hyperparameters\":[" X_AND(
             ",{\"name\":\"y\",\"type\":\"uniform_int\",\"lower\":0,\"upper\":9},"
             "{\"name\":\"z\",\"type\":\"uniform_int\",\"lower\":0,\"upper\":9}") "],\"conditions\":[{\"child\":\"y\",\"parent\":\"x\",\"type\":\"EQ\",\"value\":1},"
                                                                                  "{\"child\":\"z\",\"type\":\"OR\",\"conditions\":[{\"parent\":\"x\",\"type\":\"EQ\","
                                                                                  "\"value\":1},{\"parent\":\"y\",\"type\":\"EQ\",\"value\":1}]}]}",
         "an OR of conditions on x and y, which may be inactive, is not supported"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fid_text text = {0};
        fid_error err = {0};
        CHECK(configspace(rows[i].json, &text, &err) != FID_OK);
        same(&text, rows[i].words);
        fid_text_deinit(&text);
    }
}

TEST(distributions_of_optuna_are_read_with_their_old_names)
{
    static const char json[] =
        "{\"lr\": {\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": "
        "1e-05, \"high\": 0.1, \"log\": true}},"
        "\"drop\": {\"name\": \"FloatDistribution\", \"attributes\": {\"step\": 0.25, \"low\": "
        "0.0, \"high\": 1.0, \"log\": false}},"
        "\"units\": {\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": "
        "10, \"low\": 0, \"high\": 100}},"
        "\"c\": {\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [\"a\", "
        "null, true, 1, 2.5]}},"
        "\"u\": {\"name\": \"UniformDistribution\", \"attributes\": {\"low\": 0.0, \"high\": "
        "1.0}},"
        "\"l\": {\"name\": \"LogUniformDistribution\", \"attributes\": {\"low\": 0.1, \"high\": "
        "1.0}},"
        "\"d\": {\"name\": \"DiscreteUniformDistribution\", \"attributes\": {\"low\": 0.0, "
        "\"high\": 1.0, \"q\": 0.1}},"
        "\"i\": {\"name\": \"IntUniformDistribution\", \"attributes\": {\"step\": 1, \"low\": 1, "
        "\"high\": 5}},"
        "\"il\": {\"name\": \"IntLogUniformDistribution\", \"attributes\": {\"step\": 1, "
        "\"low\": 1, \"high\": 5}}}";
    fid_text text = {0};
    fid_error err = {0};
    CHECK(optuna(json, &text, &err) == FID_OK);
    same(
        &text,
        "{\"fidelio_space\":1,\"parameters\":["
        "{\"name\":\"lr\",\"type\":\"float\",\"min\":1e-05,\"max\":0.1,\"scale\":\"log\"},"
        "{\"name\":\"drop\",\"type\":\"float\",\"min\":0.0,\"max\":1.0,\"step\":0.25},"
        "{\"name\":\"units\",\"type\":\"int\",\"min\":0,\"max\":100,\"step\":10},"
        "{\"name\":\"c\",\"type\":\"categorical\",\"values\":[\"a\",null,true,1,2.5]},"
        "{\"name\":\"u\",\"type\":\"float\",\"min\":0.0,\"max\":1.0},"
        "{\"name\":\"l\",\"type\":\"float\",\"min\":0.1,\"max\":1.0,\"scale\":\"log\"},"
        "{\"name\":\"d\",\"type\":\"float\",\"min\":0.0,\"max\":1.0,\"step\":0.1},"
        "{\"name\":\"i\",\"type\":\"int\",\"min\":1,\"max\":5},"
        "{\"name\":\"il\",\"type\":\"int\",\"min\":1,\"max\":5,\"scale\":\"log\"}],"
        "\"constraints\":[]}");
    fid_text_clear(&text);
    CHECK(optuna("{\"x\":{\"name\":\"Beta\",\"attributes\":{}}}", &text, &err) ==
          FID_UNSUPPORTED);
    same(&text, "x: distribution 'Beta' is not supported");
    fid_text_clear(&text);
    CHECK(optuna("{\"x\":3}", &text, &err) == FID_INVALID);
    same(&text, "x: must be {\"name\": .., \"attributes\": {..}}");
    fid_text_deinit(&text);
}

int main(void)
{
    RUN(the_old_layout_of_configspace_is_read);
    RUN(the_layout_of_configspace_1_x_is_read);
    RUN(what_configspace_pieces_are_not_supported_is_said_by_name);
    RUN(distributions_of_optuna_are_read_with_their_old_names);
    DONE();
}
