#include "scheduler/rungs.h"

static fid_status asha_init(void *state, const fid_scheduler_rules *rules,
                            fid_error *err)
{
    return fid__rungs_init(state, "asha", rules, 1, err);
}

const fid_scheduler_type fid_scheduler_asha = {
    .name = "asha",
    .summary =
        "asynchronous successive halving: the top 1/eta of each rung go on, at once",
    .state_size = sizeof(fid__rungs),
    .init = asha_init,
    .observe = fid__rungs_observe,
    .decide = fid__rungs_decide,
    .next = fid__rungs_next,
    .is_settled = fid__rungs_is_settled,
    .deinit = fid__rungs_deinit,
};

/* Several ASHA brackets side by side (section 3.4 of the ASHA paper): bracket b begins
 * at rung b of the ladder. */
static fid_status async_hyperband_init(void *state, const fid_scheduler_rules *rules,
                                       fid_error *err)
{
    return fid__rungs_init(state, "async_hyperband", rules, rules->brackets, err);
}

const fid_scheduler_type fid_scheduler_async_hyperband = {
    .name = "async_hyperband",
    .summary = "several ASHA brackets that begin at different budgets",
    .state_size = sizeof(fid__rungs),
    .init = async_hyperband_init,
    .observe = fid__rungs_observe,
    .decide = fid__rungs_decide,
    .next = fid__rungs_next,
    .is_settled = fid__rungs_is_settled,
    .deinit = fid__rungs_deinit,
};
