/* openOrder, field by field. Pure. */
#include "broker/tws_order.h"

#include <string.h>

enum { VERSION_NO_FA_PROFILE = 177 };

void tw_tws_take_contract(struct tws_fields *fields, struct tws_contract *ret) {
    ret->con_id = tw_tws_take_integer(fields, "conId");
    ret->symbol = tw_tws_take_text(fields, "symbol");
    ret->sec_type = tw_tws_take_text(fields, "secType");
    ret->expiry = tw_tws_take_text(fields, "expiry");
    ret->strike_e8 = tw_tws_take_maybe_decimal(fields, "strike");
    ret->right = tw_tws_take_text(fields, "right");
    ret->multiplier = tw_tws_take_text(fields, "multiplier");
    ret->exchange = tw_tws_take_text(fields, "exchange");
    ret->currency = tw_tws_take_text(fields, "currency");
    ret->local_symbol = tw_tws_take_text(fields, "localSymbol");
    ret->trading_class = tw_tws_take_text(fields, "tradingClass");
}

/* ---- parts that may be missing ------------------------------------------------------------- */

static void skip_combo(struct tws_fields *fields) {
    tw_tws_skip(fields, "s comboLegsDescrip");
    int64_t legs = tw_tws_take_count(fields, "combo legs");
    for (int64_t i = 0; i < legs && !fields->failed; i++)
        tw_tws_skip(fields, "i leg conId, i leg ratio, s leg action, s leg exchange, "
                            "i leg openClose, i leg shortSaleSlot, s leg designatedLocation, "
                            "i leg exemptCode");
    int64_t prices = tw_tws_take_count(fields, "order combo legs");
    for (int64_t i = 0; i < prices && !fields->failed; i++)
        tw_tws_skip(fields, "d order combo leg price");
}

static void skip_scale(struct tws_fields *fields) {
    tw_tws_skip(fields, "i scaleInitLevelSize, i scaleSubsLevelSize");
    tw_maybe increment_e8 = tw_tws_take_maybe_decimal(fields, "scalePriceIncrement");
    if (increment_e8.known && increment_e8.value > 0)
        tw_tws_skip(fields, "d scalePriceAdjustValue, i scalePriceAdjustInterval, "
                            "d scaleProfitOffset, b scaleAutoReset, i scaleInitPosition, "
                            "i scaleInitFillQty, b scaleRandomPercent");
}

static void skip_delta_neutral(struct tws_fields *fields) {
    /* "None" on most machines, "Keine" on German ones: whether it is there decides, not the word.
     */
    const char *type = tw_tws_take_text(fields, "deltaNeutralOrderType");
    tw_tws_skip(fields, "d deltaNeutralAuxPrice");
    if (*type)
        tw_tws_skip(fields, "i deltaNeutralConId, s deltaNeutralSettlingFirm, "
                            "s deltaNeutralClearingAccount, s deltaNeutralClearingIntent, "
                            "s deltaNeutralOpenClose, b deltaNeutralShortSale, "
                            "i deltaNeutralShortSaleSlot, s deltaNeutralDesignatedLocation");
}

static void skip_condition(struct tws_fields *fields) {
    static const char *const parts[] = {
        NULL,
        "b isMore, d price, i conId, s exchange, i triggerMethod",
        NULL,
        "b isMore, s time",
        "b isMore, i percent",
        "s secType, s exchange, s symbol",
        "b isMore, i volume, i conId, s exchange",
        "b isMore, d change, i conId, s exchange",
    };
    const char *text = tw_tws_take_text(fields, "condition type");
    int is_known = strlen(text) == 1 && *text >= '1' && *text <= '7' && parts[*text - '0'];
    if (!is_known)
        tw_tws_reject(fields, "condition type", text, "1, 3, 4, 5, 6 or 7");
    tw_tws_skip(fields, "s condition conjunction");
    if (is_known)
        tw_tws_skip(fields, parts[*text - '0']);
}

static void skip_conditions(struct tws_fields *fields) {
    int64_t count = tw_tws_take_count(fields, "conditions");
    for (int64_t i = 0; i < count && !fields->failed; i++)
        skip_condition(fields);
    if (count > 0)
        tw_tws_skip(fields, "b conditionsIgnoreRth, b conditionsCancelOrder");
}

static void skip_algo(struct tws_fields *fields) {
    const char *strategy = tw_tws_take_text(fields, "algoStrategy");
    if (*strategy)
        tw_tws_skip_texts(fields, "algo parameter",
                          2 * tw_tws_take_count(fields, "algo parameters"));
}

static void skip_peg_bench(struct tws_fields *fields, const char *order_type) {
    if (strcmp(order_type, "PEG BENCH") == 0 || strcmp(order_type, "PEGBENCH") == 0)
        tw_tws_skip(fields, "i referenceContractId, b isPeggedChangeDecrease, "
                            "d peggedChangeAmount, d referenceChangeAmount, "
                            "s referenceExchange");
}

/* ---- the order ----------------------------------------------------------------------------- */

static void take_front(struct tws_fields *fields, int64_t version, struct tws_order *ret) {
    ret->order_id = tw_tws_take_integer(fields, "orderId");
    tw_tws_take_contract(fields, &ret->contract);
    ret->action = tw_tws_take_name(fields, "action");
    ret->qty_e8 = tw_tws_take_maybe_decimal(fields, "totalQuantity");
    ret->order_type = tw_tws_take_text(fields, "orderType");
    ret->limit_e8 = tw_tws_take_maybe_decimal(fields, "lmtPrice");
    ret->aux_e8 = tw_tws_take_maybe_decimal(fields, "auxPrice");
    ret->tif = tw_tws_take_text(fields, "tif");
    ret->oca_group = tw_tws_take_text(fields, "ocaGroup");
    ret->account = tw_tws_take_text(fields, "account");
    tw_tws_skip(fields, "s openClose, i origin");
    ret->order_ref = tw_tws_take_text(fields, "orderRef");
    ret->client_id = tw_tws_take_integer(fields, "clientId");
    ret->perm_id = tw_tws_take_integer(fields, "permId");
    ret->outside_rth = tw_tws_take_flag(fields, "outsideRth");
    tw_tws_skip(fields, "b hidden, d discretionaryAmt, s goodAfterTime, s sharesAllocation, "
                        "s faGroup, s faMethod, s faPercentage");
    if (version < VERSION_NO_FA_PROFILE)
        tw_tws_skip(fields, "s faProfile");
    tw_tws_skip(fields, "s modelCode");
    ret->good_till = tw_tws_take_text(fields, "goodTillDate");
    tw_tws_skip(fields, "s rule80A, d percentOffset, s settlingFirm, "
                        "i shortSaleSlot, s designatedLocation, i exemptCode, i auctionStrategy, "
                        "d startingPrice, d stockRefPrice, d delta, d stockRangeLower, "
                        "d stockRangeUpper, i displaySize, b blockOrder, b sweepToFill, "
                        "b allOrNone, i minQty, i ocaType, b eTradeOnly, b firmQuoteOnly, "
                        "d nbboPriceCap");
    ret->parent_id = tw_tws_take_integer(fields, "parentId");
    tw_tws_skip(fields, "i triggerMethod, d volatility, i volatilityType");
}

static void take_back(struct tws_fields *fields, struct tws_order *ret) {
    skip_delta_neutral(fields);
    tw_tws_skip(fields, "b continuousUpdate, i referencePriceType");
    ret->trail_stop_e8 = tw_tws_take_maybe_decimal(fields, "trailStopPrice");
    ret->trail_percent_e8 = tw_tws_take_maybe_decimal(fields, "trailingPercent");
    tw_tws_skip(fields, "d basisPoints, i basisPointsType");
    skip_combo(fields);
    tw_tws_skip_texts(fields, "smart routing parameter",
                      2 * tw_tws_take_count(fields, "smart routing parameters"));
    skip_scale(fields);
    if (*tw_tws_take_text(fields, "hedgeType"))
        tw_tws_skip(fields, "s hedgeParam");
    tw_tws_skip(fields, "b optOutSmartRouting, s clearingAccount, s clearingIntent, b notHeld");
    if (tw_tws_take_flag(fields, "deltaNeutralContract"))
        tw_tws_skip(fields, "i deltaNeutralContract conId, d deltaNeutralContract delta, "
                            "d deltaNeutralContract price");
    skip_algo(fields);
    tw_tws_skip(fields, "b solicited");
    ret->is_what_if = tw_tws_take_flag(fields, "whatIf");
    ret->status = tw_tws_take_text(fields, "status");
}

static void take_end(struct tws_fields *fields, struct tws_order *ret) {
    tw_tws_skip(fields, "d initMarginBefore, d maintMarginBefore, d equityWithLoanBefore, "
                        "d initMarginChange, d maintMarginChange, d equityWithLoanChange, "
                        "d initMarginAfter, d maintMarginAfter, d equityWithLoanAfter, "
                        "d commission, d minCommission, d maxCommission, s commissionCurrency, "
                        "s warningText, b randomizeSize, b randomizePrice");
    skip_peg_bench(fields, ret->order_type);
    skip_conditions(fields);
    tw_tws_skip(fields, "s adjustedOrderType, d triggerPrice");
    /* Where both copies are set the second one counts. */
    tw_maybe again_e8 = tw_tws_take_maybe_decimal(fields, "trailStopPrice");
    if (again_e8.known)
        ret->trail_stop_e8 = again_e8;
    tw_tws_skip(fields,
                "d lmtPriceOffset, d adjustedStopPrice, d adjustedStopLimitPrice, "
                "d adjustedTrailingAmount, i adjustableTrailingUnit, s softDollarTier name, "
                "s softDollarTier value, s softDollarTier displayName, d cashQty, "
                "b dontUseAutoPriceForHedge, b isOmsContainer, "
                "b discretionaryUpToLimitPrice, b usePriceMgmtAlgo, i duration, "
                "i postToAts, b autoCancelParent, i minTradeQty, i minCompeteSize, "
                "d competeAgainstBestOffset, d midOffsetAtWhole, d midOffsetAtHalf");
}

void tw_tws_take_order(struct tws_fields *fields, int64_t version, struct tws_order *ret) {
    take_front(fields, version, ret);
    take_back(fields, ret);
    take_end(fields, ret);
}
