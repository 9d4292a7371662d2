// The load of test_rollout.py: k6 run -e CONFIG=config.json rollout_load.js
//
// As with a Kubernetes service, each client sends to the first replica that is ready, and learns up to half a second
// late that one is not any more. With none ready it is through. Half of the clients send over gRPC, half over REST;
// half of the requests name the label `stable`, half no version. Now and then one works for a while.
import grpc from 'k6/net/grpc';
import http from 'k6/http';
import exec from 'k6/execution';
import { check, sleep } from 'k6';
import { Gauge } from 'k6/metrics';

const config = JSON.parse(open(__ENV.CONFIG)); // replicas: [{grpc, rest}], protoset, clients, summary
const askedAt = new Gauge('asked_at'); // milliseconds since 1970; a point is written when its answer is there
const channels = config.replicas.map(() => {
  const channel = new grpc.Client();
  channel.loadProtoset(config.protoset);
  return channel;
});
let connected = false; // k6 runs this file once a client

export const options = {
  scenarios: {
    clients: { executor: 'per-vu-iterations', vus: config.clients, iterations: 1, maxDuration: '10m' },
  },
  thresholds: { checks: ['rate==1'], http_req_failed: ['rate==0'] },
};

function ready(replica) {
  const answer = channels[replica].invoke('grpc.health.v1.Health/Check', {}, { timeout: '10s' });
  return answer.status === grpc.StatusOK && answer.message.status === 'SERVING';
}

// Version n multiplies by n and adds 2; its signature `slow` says n.
function overGrpc(replica, label, slow) {
  const answer = channels[replica].invoke(
    'tensorflow.serving.PredictionService/Predict',
    {
      model_spec: { name: 'scale', version_label: label || undefined, signature_name: slow ? 'slow' : undefined },
      inputs: slow
        ? { seconds: { dtype: 'DT_DOUBLE', tensor_shape: { dim: [{ size: 1 }] }, double_val: [0.3] } }
        : { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: 1 }] }, float_val: [1] } },
    },
    { timeout: '60s' },
  );
  if (answer.status !== grpc.StatusOK) {
    return { error: JSON.stringify(answer.error) };
  }
  const { outputs, modelSpec } = answer.message;
  const version = slow ? outputs.factor.floatVal[0] : outputs.y.floatVal[0] - 2;
  return Number(modelSpec.version) === version ? { version } : { error: `${version} says it is ${modelSpec.version}` };
}

function overRest(replica, label, slow) {
  const url = `${config.replicas[replica].rest}/v1/models/scale${label && `/labels/${label}`}:predict`;
  const body = slow ? { signature_name: 'slow', inputs: [0.3] } : { inputs: [1.0] };
  const answer = http.post(url, JSON.stringify(body), { timeout: '60s' });
  if (answer.status !== 200) {
    return { error: `${answer.status} ${answer.error} ${answer.body}` };
  }
  const { outputs } = answer.json();
  return { version: slow ? outputs.factor[0] : outputs[0] - 2 };
}

export default function () {
  if (!connected) {
    config.replicas.forEach(({ grpc: address }, replica) => channels[replica].connect(address, { plaintext: true }));
    connected = true;
  }
  const door = exec.vu.idInTest % 2 ? 'grpc' : 'rest';
  let [replica, heard] = [0, 0];
  for (let turn = 0; ; turn++) {
    if (Date.now() - heard > 500) {
      replica = config.replicas.findIndex((_, index) => ready(index));
      heard = Date.now();
    }
    if (replica < 0) {
      return;
    }
    const label = turn % 2 ? 'stable' : '';
    const began = Date.now();
    const { version, error } = (door === 'grpc' ? overGrpc : overRest)(replica, label, turn % 20 > 17);
    if (!error) {
      askedAt.add(began, { door, label: label || 'none', replica: `${replica}`, version: `${version}` });
    }
    if (!check(error, { answered: (reason) => !reason })) {
      console.error(`${door} ${label} of replica ${replica}, asked at ${began}: ${error}`);
    }
    sleep(0.03);
  }
}

export function handleSummary(data) {
  return { [config.summary]: JSON.stringify(data) };
}
