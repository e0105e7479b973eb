/* Values of BoTorch 0.18's test functions (test_functions/multi_objective.py and
 * synthetic.py; constraints have the other sign there), and the best known points. */
#include "check.h"

#include "problems/problem.h"

#include <string.h>

static void value(const char *name, const double *x, double *out, double *truth)
{
    bench_problem *p;
    fid_error err = {0};
    bench_problem_options options = {.whole = true, .instance = 1};
    CHECK(bench_problem_open(&p, name, &options, &err) == FID_OK);
    fid_value config[8];
    for (size_t i = 0; i < fid_space_n_params(p->space); i++)
        config[i] = (fid_value){.active = true, .f = x[i]};
    bench_query query = {config, 0, 1};
    bench_answer answer;
    CHECK(bench_problem_evaluate(p, &query, 1, &answer, &err) == FID_OK);
    memcpy(out, answer.values, sizeof answer.values);
    *truth = answer.truth;
    bench_problem_close(p);
}

TEST(values_are_those_of_botorch)
{
    static const struct {
        const char *name;
        double x[6], out[6];
    } golden[] = {
        {"zdt1-d6", {.1, .2, .3, .4, .5, .6}, {0.1, 3.921767001687473}},
        {"zdt2-d6", {.1, .2, .3, .4, .5, .6}, {0.1, 4.5978260869565215}},
        /* 4.6 = g, which BoTorch forgets */
        {"zdt3-d6", {.1, .2, .3, .4, .5, .6}, {0.1, 4.6 * 0.8525580438451028}},
        {"dtlz2-d6", {.1, .2, .3, .4, .5, .6}, {1.1358415916844085, 0.17989963479626547}},
        {"dtlz2m3-d6",
         {.1, .2, .3, .4, .5, .6},
         {0.995708278335258, 0.32352523133328215, 0.16582053294264473}},
        {"branincurrin", {.3, .7}, {31.90971034805942, 6.821175530419642}},
        {"gramacy", {.3, .7}, {1, 0.2648882429441259, -0.92}},
        {"spring",
         {.06, .5, 7},
         {0.0162, 0.059477159590925144, -0.13340922398065436, -3.815428571428571,
          -0.6266666666666667}},
        {"beam",
         {.2, 3.5, 9, .21},
         {1.74589765, 347.86487931587544, -370.3703703703686, -0.01, -3.4045733499999997,
          -0.2356607224508459}},
    };
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        double out[BENCH_METRICS], truth;
        value(golden[k].name, golden[k].x, out, &truth);
        for (size_t i = 0; i < 6; i++)
            if (golden[k].out[i] != 0)
                CHECK_NEAR(out[i], golden[k].out[i], 1e-9 * (1 + fabs(out[i])));
    }
}

/* Deb & Jain's constraint at the same point: -0.0108 in BoTorch, which rounds. */
TEST(a_broken_constraint_leaves_no_truth)
{
    double out[BENCH_METRICS], truth, x[] = {.1, .2, .3, .4, .5, .6};
    value("c2dtlz2-d6", x, out, &truth);
    CHECK_NEAR(out[2], 0.0108, 5e-5);
    CHECK(isnan(truth));
}

/* Optimisers of Coello Coello 2002 and He & Wang 2007, Gramacy et al. 2016, SLSQP. */
TEST(best_known_points_are_feasible_and_as_good_as_said)
{
    static const struct {
        const char *name;
        double x[4], best, tolerance;
    } known[] = {
        {"gardner1", {4.71238898, 0}, -2, 1e-6},
        {"gardner2", {4.71238897, 1.2532359}, 0.2532358975, 1e-6},
        {"gramacy", {0.19512269, 0.40466537}, 0.5997880521, 1e-6},
        {"spring", {0.0516891, 0.356720, 11.28883}, 0.0126652328, 2e-5},
        {"vessel", {0.8125, 0.4375, 42.098445, 176.636596}, 6059.714335, 0.01},
        {"beam", {0.205730, 3.470489, 9.036624, 0.205730}, 1.724852309, 2e-5},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        bench_problem *p;
        fid_error err = {0};
        double out[BENCH_METRICS], truth;
        bench_problem_options options = {.whole = true, .instance = 1};
        CHECK(bench_problem_open(&p, known[k].name, &options, &err) == FID_OK);
        CHECK_NEAR(p->best, known[k].best, known[k].tolerance);
        CHECK(p->median > p->best);
        value(known[k].name, known[k].x, out, &truth);
        CHECK_NEAR(out[0], known[k].best, known[k].tolerance);
        for (size_t m = 1; m < p->outline.n_metrics; m++)
            CHECK(out[m] <= 1e-3 * (1 + fabs(p->best)));
        bench_problem_close(p);
    }
}

int main(void)
{
    RUN(values_are_those_of_botorch);
    RUN(a_broken_constraint_leaves_no_truth);
    RUN(best_known_points_are_feasible_and_as_good_as_said);
    DONE();
}
