// Bolt's plain example for Node. Used where Node and @slack/bolt are to be found, see subjects.py.
const { App, HTTPReceiver, LogLevel } = require("@slack/bolt");
const receiver = new HTTPReceiver({ signingSecret: process.env.SLACK_SIGNING_SECRET, logLevel: LogLevel.ERROR });
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  authorize: async () => ({ botToken: process.env.SLACK_BOT_TOKEN, botId: "B1", botUserId: "UBOT", teamId: "T1" }),
});
app.command("/route-number", async ({ ack }) => {
  await ack("Hello");
});
app.start({ port: Number(process.env.PORT), host: "127.0.0.1" });
