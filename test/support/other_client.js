// Asks the gateway at a port what this project's client asks, through an independent client, and
// prints what that client understood as JSON. usage: node other_client.js PORT CLIENT-ID
const { IBApi, EventName } = require("@stoqey/ib");

const [port, clientId] = process.argv.slice(2).map(Number);
const client = new IBApi({ host: "127.0.0.1", port, clientId });
const said = {
  positions: [], orders: [], statuses: [], executions: [], commissions: [], errors: [], notices: [],
};

function end(status) {
  if (said.ended) return;
  said.ended = true;
  client.disconnect();
  // JSON has no word for what is not set.
  process.stdout.write(JSON.stringify(said, (_, value) => (value === undefined ? null : value)),
    () => process.exit(status));
}

function ask(request, event) {
  return new Promise((resolve) => {
    client.once(event, resolve);
    request();
  });
}

client.on(EventName.error, (error, code, id) => {
  said.errors.push([error.message, code, id]);
  end(1); // what comes after it may be out of step
});
client.on(EventName.info, (message, code) => said.notices.push([message, code]));
client.on(EventName.managedAccounts, (accounts) => { said.accounts = accounts; });
client.on(EventName.currentTime, (time) => { said.time = time; });
client.on(EventName.position, (account, contract, quantity, cost) =>
  said.positions.push({ account, contract, quantity, cost }));
client.on(EventName.openOrder, (id, contract, order, state) =>
  said.orders.push({ id, contract, order, state }));
client.on(EventName.orderStatus, (id, status, filled, remaining, _average, permId, _parent, _last,
  client_id, whyHeld) =>
  said.statuses.push({ id, status, filled, remaining, permId, clientId: client_id, whyHeld }));
client.on(EventName.execDetails, (request, contract, execution) =>
  said.executions.push({ request, contract, execution }));
client.on(EventName.commissionReport, (report) => said.commissions.push(report));

async function run() {
  await ask(() => client.connect(), EventName.nextValidId);
  said.version = client.serverVersion;
  await ask(() => client.reqPositions(), EventName.positionEnd);
  await ask(() => client.reqExecutions(9001, {}), EventName.execDetailsEnd);
  await ask(() => client.reqAllOpenOrders(), EventName.openOrderEnd);
  await ask(() => client.reqCurrentTime(), EventName.currentTime);
  end(0);
}

setTimeout(() => end(1), 20000).unref();
run();
