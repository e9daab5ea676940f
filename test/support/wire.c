/* Messages of TWS made by hand. */
#include "wire.h"

#include <check.h>
#include <string.h>

void wire_payload(struct buffer *out, const char *fields) {
    tw_buffer_clear(out);
    for (; *fields; fields++)
        tw_buffer_char(out, *fields);
    tw_buffer_char(out, '\0');
    for (size_t i = 0; i < out->size; i++)
        if (out->data[i] == '|')
            out->data[i] = '\0';
}

static const struct wire_change plain[] = {
    {"id", "5"},
    {"orderId", "42"},
    {"conId", "265598"},
    {"symbol", "AAPL"},
    {"secType", "STK"},
    {"expiry", ""},
    {"strike", "0"},
    {"right", "?"},
    {"multiplier", ""},
    {"exchange", "SMART"},
    {"currency", "USD"},
    {"localSymbol", "AAPL"},
    {"tradingClass", "NMS"},
    {"action", "SELL"},
    {"totalQuantity", "100"},
    {"orderType", "STP"},
    {"lmtPrice", "0.0"},
    {"auxPrice", "187.25"},
    {"tif", "GTC"},
    {"ocaGroup", "group-7"},
    {"account", "DU0000001"},
    {"openClose", ""},
    {"origin", "0"},
    {"orderRef", "stop-1"},
    {"clientId", "7"},
    {"permId", "1234567890123"},
    {"outsideRth", "1"},
    {"hidden", "0"},
    {"discretionaryAmt", "0.67"},
    {"goodAfterTime", ""},
    {"sharesAllocation", "1234567890123.0/DU0000001/100"},
    {"faGroup", ""},
    {"faMethod", ""},
    {"faPercentage", ""},
    {"faProfile", "profile"},
    {"modelCode", ""},
    {"goodTillDate", "20261231 20:00:00 US/Eastern"},
    {"rule80A", ""},
    {"percentOffset", ""},
    {"settlingFirm", ""},
    {"shortSaleSlot", "0"},
    {"designatedLocation", ""},
    {"exemptCode", "-1"},
    {"auctionStrategy", "0"},
    {"startingPrice", ""},
    {"stockRefPrice", ""},
    {"delta", ""},
    {"stockRangeLower", ""},
    {"stockRangeUpper", ""},
    {"displaySize", "2147483647"},
    {"blockOrder", "0"},
    {"sweepToFill", "0"},
    {"allOrNone", "0"},
    {"minQty", ""},
    {"ocaType", "3"},
    {"eTradeOnly", "0"},
    {"firmQuoteOnly", "0"},
    {"nbboPriceCap", ""},
    {"parentId", "41"},
    {"triggerMethod", "0"},
    {"volatility", ""},
    {"volatilityType", "0"},
    {"deltaNeutralOrderType", "None"},
    {"deltaNeutralAuxPrice", ""},
    {"deltaNeutralPart", "0||||?|0|0|"},
    {"continuousUpdate", "0"},
    {"referencePriceType", "0"},
    {"trailStopPrice", ""},
    {"trailingPercent", ""},
    {"basisPoints", ""},
    {"basisPointsType", ""},
    {"comboLegsDescrip", ""},
    {"comboLegs", "0"},
    {"orderComboLegs", "0"},
    {"smartRouting", "0"},
    {"scaleInitLevelSize", "2147483647"},
    {"scaleSubsLevelSize", "2147483647"},
    {"scalePriceIncrement", ""},
    {"hedgeType", ""},
    {"optOutSmartRouting", "0"},
    {"clearingAccount", ""},
    {"clearingIntent", "IB"},
    {"notHeld", "0"},
    {"deltaNeutralContract", "0"},
    {"algoStrategy", ""},
    {"solicited", "0"},
    {"whatIf", "0"},
    {"status", "PreSubmitted"},
    {"margins", "1.7976931348623157E308||||||||"},
    {"commissions", "||"},
    {"commissionCurrency", ""},
    {"warningText", ""},
    {"randomizeSize", "0"},
    {"randomizePrice", "0"},
    {"pegBench", NULL},
    {"conditions", "0"},
    {"adjustedOrderType", "None"},
    {"triggerPrice", "1.7976931348623157E308"},
    {"trailStopPriceAgain", "187.25"},
    {"lmtPriceOffset", ""},
    {"adjustedStopPrice", ""},
    {"adjustedStopLimitPrice", ""},
    {"adjustedTrailingAmount", ""},
    {"adjustableTrailingUnit", "0"},
    {"softDollarTier", "||"},
    {"cashQty", ""},
    {"dontUseAutoPriceForHedge", "1"},
    {"isOmsContainer", "0"},
    {"discretionaryUpToLimitPrice", "0"},
    {"usePriceMgmtAlgo", "0"},
    {"duration", "2147483647"},
    {"postToAts", "2147483647"},
    {"autoCancelParent", "0"},
    {"minTradeQty", ""},
    {"minCompeteSize", ""},
    {"competeAgainstBestOffset", ""},
    {"midOffsetAtWhole", ""},
    {"midOffsetAtHalf", ""},
};

enum { PLAIN_FIELDS = sizeof plain / sizeof plain[0], FA_PROFILE_UNTIL = 176 };

void wire_order(struct buffer *out, int64_t version, const struct wire_change *changes,
                size_t count) {
    size_t used = 0;
    struct buffer fields = {0};
    for (size_t i = 0; i < PLAIN_FIELDS; i++) {
        const char *text = plain[i].text;
        if (strcmp(plain[i].name, "faProfile") == 0 && version > FA_PROFILE_UNTIL)
            text = NULL;
        for (size_t k = 0; k < count; k++)
            if (strcmp(changes[k].name, plain[i].name) == 0) {
                text = changes[k].text;
                used++;
            }
        if (text && i > 0)
            tw_buffer_char(&fields, '|');
        if (text)
            tw_buffer_text(&fields, text);
    }
    ck_assert_uint_eq(used, count);
    wire_payload(out, tw_buffer_string(&fields));
    tw_buffer_free(&fields);
}

void wire_frame(struct buffer *out, const char *payload, size_t size) {
    const char length[] = {(char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size};
    tw_buffer_put(out, length, sizeof length);
    tw_buffer_put(out, payload, size);
}
