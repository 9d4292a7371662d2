// Clients that each send one request after another: k6 run -e CONFIG=config.json load.js
//
// The configuration says what they send: serving/bench/k6.py writes it.
import grpc from 'k6/net/grpc';
import http from 'k6/http';
import { check } from 'k6';

const config = JSON.parse(open(__ENV.CONFIG));
const client = new grpc.Client();
if (config.protoset) {
  client.loadProtoset(config.protoset);
}
let connected = false; // k6 runs this file once a client

export const options = {
  scenarios: {
    clients: {
      executor: 'constant-vus',
      vus: config.clients,
      duration: `${config.seconds}s`,
      gracefulStop: '120s',
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)'],
};

function overGrpc() {
  if (!connected) {
    client.connect(config.address, { plaintext: true, maxReceiveSize: 1 << 30, maxSendSize: 1 << 30 });
    connected = true;
  }
  // The answer is received and left unread: taking it apart would cost this machine more than the server.
  const response = client.invoke('tensorflow.serving.PredictionService/Predict', config.request, {
    discardResponseMessage: true,
    timeout: '120s',
  });
  return response && response.status === grpc.StatusOK;
}

function overRest() {
  const response = http.post(config.url, config.body, { responseType: 'none', timeout: '120s' });
  return response.status === 200;
}

export default function () {
  check(config.protoset ? overGrpc() : overRest(), { answered: (fine) => fine });
}

export function handleSummary(data) {
  return { [config.summary]: JSON.stringify(data) };
}
