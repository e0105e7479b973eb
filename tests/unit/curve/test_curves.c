/* What a bank of a study's curves promises to its users. */
#include "check.h"

#include <fidelio/curve.h>
#include <fidelio/rand.h>

#include "curve/curve.h"

#include <string.h>

static const double MAX = 50;

static fid_curves *open_curves(double lower, double upper)
{
    fid_curve_settings settings = {
        .first = 1, .max = MAX, .lower = lower, .upper = upper};
    fid_curves *curves = NULL;
    CHECK(fid_curves_create(&curves, &settings, NULL) == FID_OK);
    return curves;
}

static void report(fid_curves *curves, size_t id, double step, double loss)
{
    CHECK(fid_curves_report(curves, id, step, loss) == FID_OK);
}

/* Curve `id` of a made study: a power law with noise. */
static double made(uint64_t id, double step)
{
    fid_rng rng = fid_rng_stream(id, FID_RNG_TEST, (uint64_t)step);
    fid_rng own = fid_rng_stream(id, FID_RNG_TEST, 1000);
    double limit = 0.3 * fid_rng_uniform(&own), power = 0.3 + fid_rng_uniform(&own);
    return limit + 0.6 * pow(step, -power) + 0.004 * fid_rng_normal(&rng);
}

static void feed_made(fid_curves *curves, size_t n, double a, double b)
{
    for (size_t i = 0; i < n; i++)
        for (double step = 1; step <= MAX / (1 + (double)(i % 3)); step++)
            report(curves, i, step, a + b * made(i, step));
}

TEST(settings_that_make_no_sense_are_refused_with_words)
{
    fid_curves *curves;
    fid_error err = {0};
    fid_curve_settings bad[] = {{.first = 0, .max = 5},
                                {.first = 2, .max = 1},
                                {.first = 1, .max = INFINITY},
                                {.first = 1, .max = 2, .scale = -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.message[0] = '\0';
        CHECK(fid_curves_create(&curves, &bad[i], &err) == FID_INVALID);
        CHECK(err.message[0] && !curves);
    }
}

TEST(a_prediction_is_a_distribution)
{
    fid_curves *curves = open_curves(0, 0);
    feed_made(curves, 12, 0, 1);
    fid_prediction p = {0};
    CHECK(fid_curves_predict(curves, 2, MAX, &p) == FID_OK);
    double before = 0;
    for (size_t i = 1; i <= 400; i++) {
        double u = ((double)i - 0.5) / 400, q = fid_prediction_quantile(&p, u);
        CHECK_NEAR(fid_prediction_cdf(&p, q), u, 1e-6);
        CHECK(i == 1 || q >= before);
        before = q;
    }
    CHECK(fid_prediction_mean(&p) > fid_prediction_quantile(&p, 0.25) &&
          fid_prediction_mean(&p) < fid_prediction_quantile(&p, 0.75));
    /* The density is the derivative of the distribution function. */
    for (size_t i = 1; i < 20; i++) {
        double q = fid_prediction_quantile(&p, (double)i / 20 + 0.011), h = 1e-7;
        double slope = (fid_prediction_cdf(&p, q + h) - fid_prediction_cdf(&p, q - h)) /
                       (2 * h);
        CHECK_NEAR(exp(fid_prediction_log_density(&p, q)) / slope, 1, 1e-3);
    }
    double beats;
    CHECK(fid_curves_beats(curves, 2, MAX, 0.2, &beats) == FID_OK);
    CHECK(beats >= fid_prediction_cdf(&p, 0.2) && beats < 1);
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

/* By u - 0.06 sin^3(2 pi u), which leaves the middle and the tails: benchmarks/LOG.md. */
TEST(what_nothing_was_checked_of_is_drawn_to_its_middle)
{
    static const double quantile[] = {1.0 / 256, 0.19, 0.5, 0.81, 255.0 / 256},
                        mixture[] = {1.0 / 256, 0.25, 0.5, 0.75, 255.0 / 256};
    fid_curves *curves = open_curves(0, 0);
    fid_prediction p = {0};
    CHECK(fid_curves_report(curves, 0, 1, 0.7) == FID_OK);
    CHECK(fid_curves_predict(curves, 0, MAX, &p) == FID_OK);
    for (size_t i = 0; i < sizeof quantile / sizeof *quantile; i++)
        CHECK_NEAR(
            fid__prediction_raw_cdf(&p, fid_prediction_quantile(&p, quantile[i])),
            mixture[i], 2e-6);
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

TEST(units_do_not_matter)
{
    fid_curves *one = open_curves(0, 0), *other = open_curves(0, 0);
    feed_made(one, 9, 0, 1);
    feed_made(other, 9, -3e5, 4e4);
    fid_prediction p = {0}, q = {0};
    for (size_t id = 1; id < 9; id++) {
        if (id % 3 == 0)
            continue;
        CHECK(fid_curves_predict(one, id, MAX, &p) == FID_OK);
        CHECK(fid_curves_predict(other, id, MAX, &q) == FID_OK);
        for (double u = 0.05; u < 1; u += 0.1)
            CHECK_NEAR(fid_prediction_quantile(&q, u),
                       -3e5 + 4e4 * fid_prediction_quantile(&p, u), 1e-4);
    }
    fid_prediction_deinit(&p);
    fid_prediction_deinit(&q);
    fid_curves_destroy(one);
    fid_curves_destroy(other);
}

TEST(a_repeated_or_older_step_changes_nothing)
{
    fid_curves *curves = open_curves(0, 0);
    feed_made(curves, 4, 0, 1);
    fid_prediction p = {0}, q = {0};
    CHECK(fid_curves_predict(curves, 1, MAX, &p) == FID_OK);
    size_t n = fid_curves_n_reports(curves, 1);
    report(curves, 1, 25, 17);
    report(curves, 1, 3, -4);
    CHECK(fid_curves_n_reports(curves, 1) == n);
    CHECK(fid_curves_predict(curves, 1, MAX, &q) == FID_OK);
    CHECK(fid_prediction_mean(&p) == fid_prediction_mean(&q));
    fid_prediction_deinit(&p);
    fid_prediction_deinit(&q);
    fid_curves_destroy(curves);
}

TEST(a_curve_that_is_not_finite_has_diverged)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        fid_curves *curves = open_curves(0, 0);
        report(curves, 0, 1, 1);
        CHECK(!fid_curves_is_diverged(curves, 0));
        report(curves, 0, 2, bad[i]);
        report(curves, 0, 3, 0.1);
        CHECK(fid_curves_is_diverged(curves, 0));
        fid_prediction p = {0};
        CHECK(fid_curves_predict(curves, 0, MAX, &p) == FID_OK);
        CHECK(fid_prediction_mean(&p) == INFINITY &&
              fid_prediction_cdf(&p, 1e300) == 0);
        CHECK(fid_prediction_quantile(&p, 0.5) == INFINITY);
        double beats;
        CHECK(fid_curves_beats(curves, 0, MAX, 5, &beats) == FID_OK && beats == 0);
        fid_prediction_deinit(&p);
        fid_curves_destroy(curves);
    }
}

TEST(what_was_never_reported_is_not_found)
{
    fid_curves *curves = open_curves(0, 0);
    fid_prediction p = {0};
    CHECK(fid_curves_predict(curves, 0, MAX, &p) == FID_NOT_FOUND);
    report(curves, 3, 1, 1);
    CHECK(fid_curves_predict(curves, 2, MAX, &p) == FID_NOT_FOUND);
    CHECK(fid_curves_predict(curves, 3, MAX, &p) == FID_OK);
    CHECK(fid_curves_n_reports(curves, 2) == 0 &&
          fid_curves_n_reports(curves, 99) == 0);
    fid_curves_end(curves, 3);
    fid_curves_end(curves, 99);
    CHECK(fid_curves_predict(curves, 3, MAX, &p) == FID_NOT_FOUND);
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

TEST(predictions_keep_to_the_metrics_bounds)
{
    fid_curves *curves = open_curves(0, 1);
    for (double step = 1; step <= 10; step++)
        report(curves, 0, step, 1 - 0.099 * step); /* heads below 0 */
    fid_prediction p = {0};
    CHECK(fid_curves_predict(curves, 0, MAX, &p) == FID_OK);
    for (double u = 0.01; u < 1; u += 0.07) {
        double q = fid_prediction_quantile(&p, u);
        CHECK(q >= 0 && q <= 1);
    }
    CHECK(fid_prediction_mean(&p) >= 0 && fid_prediction_mean(&p) <= 1);
    CHECK(fid_prediction_cdf(&p, -1e-9) == 0 && fid_prediction_cdf(&p, 1) == 1);
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

TEST(outliers_and_flat_curves_leave_everything_finite)
{
    fid_curves *curves = open_curves(0, 0);
    for (size_t id = 0; id < 6; id++)
        for (double step = 1; step <= 20; step++)
            report(curves, id, step,
                   id == 0   ? 0.5
                   : id == 1 ? (step == 7 ? 1e30 : 0.4)
                   : id == 2 ? pow(10, step)
                   : id == 3 ? -1e-300
                             : made(id, step));
    fid_prediction p = {0};
    for (size_t id = 0; id < 6; id++) {
        CHECK(fid_curves_predict(curves, id, MAX, &p) == FID_OK);
        CHECK(isfinite(fid_prediction_mean(&p)));
        CHECK(isfinite(fid_prediction_quantile(&p, 0.9)));
    }
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

/* Power laws of which the bank has seen 80: far better than the last value, and
 * never too sure (evidence is tempered, so that it is less sure than it could be). */
TEST(a_made_study_is_learnt)
{
    fid_curves *curves = open_curves(0, 0);
    double square = 0, last = 0, inside[3] = {0};
    static const double half[3] = {0.25, 0.4, 0.475}, share[3] = {0.5, 0.8, 0.95};
    enum { CURVES = 300, SEEN = 80 };
    fid_prediction p = {0};
    for (size_t id = 0; id < CURVES; id++) {
        double end = id < SEEN ? MAX : 8;
        for (double step = 1; step <= end; step++)
            report(curves, id, step, made(id, step));
        if (id < SEEN)
            continue;
        CHECK(fid_curves_predict(curves, id, MAX, &p) == FID_OK);
        double y = made(id, MAX), u = fid_prediction_cdf(&p, y);
        square += pow(fid_prediction_mean(&p) - y, 2);
        last += pow(made(id, end) - y, 2);
        for (size_t k = 0; k < 3; k++)
            inside[k] += fabs(u - 0.5) <= half[k];
    }
    CHECK(square < 0.08 * last);
    for (size_t k = 0; k < 3; k++) /* less three standard errors of 220 draws */
        CHECK(inside[k] / (CURVES - SEEN) >
              share[k] - 3 * sqrt(share[k] * (1 - share[k]) / (CURVES - SEEN)));
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

TEST(moments_of_all_curves_come_in_one_call)
{
    enum { N = 14 };
    static double step[N][64], loss[N][64];
    fid_curve_view views[N] = {{0}};
    fid_curves *curves = open_curves(0, 0);
    for (size_t i = 0; i < 12; i++) { /* the last two have no reports */
        size_t n = i == 11 ? 3 : (size_t)MAX / (1 + i % 3);
        for (size_t k = 0; k < n; k++) {
            step[i][k] = 1 + (double)k;
            loss[i][k] = i == 11 && k == 2 ? (double)NAN : made(i, step[i][k]);
            report(curves, i, step[i][k], loss[i][k]);
        }
        views[i] = (fid_curve_view){step[i], loss[i], n};
    }
    double mean[N], variance[N], other_mean[N], other_variance[N];
    fid_curve_settings settings = {.first = 1, .max = MAX};
    fid_curves_moments(curves, MAX, N, mean, variance);
    CHECK(fid_curves_extrapolate(&settings, views, N, MAX, other_mean, other_variance,
                                 NULL) == FID_OK);
    CHECK(memcmp(mean, other_mean, sizeof mean) == 0);
    CHECK(memcmp(variance, other_variance, sizeof variance) == 0);
    CHECK(mean[0] == loss[0][(size_t)MAX - 1] && variance[0] == 0); /* known */
    CHECK(mean[11] == INFINITY && variance[11] == 0);               /* diverged */
    CHECK(isnan(mean[12]) && isnan(variance[13]));
    fid_prediction p = {0};
    for (size_t i = 1; i < 11; i++) {
        if (i % 3 == 0)
            continue;
        CHECK(fid_curves_predict(curves, i, MAX, &p) == FID_OK);
        CHECK(variance[i] > 0);
        CHECK(fabs(mean[i] - fid_prediction_quantile(&p, 0.5)) < 2 * sqrt(variance[i]));
        CHECK(fabs(mean[i] - made(i, MAX)) < 5 * sqrt(variance[i]));
    }
    fid_prediction_deinit(&p);
    fid_curves_destroy(curves);
}

int main(void)
{
    RUN(settings_that_make_no_sense_are_refused_with_words);
    RUN(a_prediction_is_a_distribution);
    RUN(what_nothing_was_checked_of_is_drawn_to_its_middle);
    RUN(units_do_not_matter);
    RUN(a_repeated_or_older_step_changes_nothing);
    RUN(a_curve_that_is_not_finite_has_diverged);
    RUN(what_was_never_reported_is_not_found);
    RUN(predictions_keep_to_the_metrics_bounds);
    RUN(outliers_and_flat_curves_leave_everything_finite);
    RUN(a_made_study_is_learnt);
    RUN(moments_of_all_curves_come_in_one_call);
    DONE();
}
