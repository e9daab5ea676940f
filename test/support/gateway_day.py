"""A day at the broker: TSLA held, its stop at work, half of it sold while the trader was down."""
NOON = 1759766400  # 2025-10-06 12:00 in New York
TSLA = {"symbol": "TSLA", "con_id": 76792991}
STOP = dict(TSLA, action="SELL", qty="50", type="STP", aux="443.10", perm_id=77, client_id=2001,
            order_id=5, order_ref="stop-1", why_held="trigger", outside_rth=1)
SOLD = dict(TSLA, exec_id="e9.01.01", time="20251006 10:11:00 US/Eastern", side="SLD", qty="50",
            price="450.10", perm_id=76, client_id=2001, fee="1.0", realized="241",
            order_ref="tsla-2")
DAY = {"time": NOON, "positions": [dict(TSLA, qty="50", avg_cost="445.26")], "orders": [STOP],
       "executions": [SOLD]}
