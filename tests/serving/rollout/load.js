// The load of loopback.py: k6 run -e CONFIG=config.json load.js
//
// Each client posts one picture after the other, to each gateway in turn, until it is told that it is enough.
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const config = JSON.parse(open(__ENV.CONFIG)); // gateways, pictures, control, clients, pause, summary
const pictures = config.pictures.map((path) => open(path, 'b'));
const coloured = new Counter('coloured'); // answers by label

export const options = {
  scenarios: {
    clients: { executor: 'per-vu-iterations', vus: config.clients, iterations: 1, maxDuration: '2h' },
  },
  thresholds: { checks: ['rate==1'] },
};

export default function () {
  let heard = 0;
  for (let turn = 0; ; turn++) {
    if (Date.now() - heard > 500) {
      if (http.get(config.control).status !== 200) {
        return;
      }
      heard = Date.now();
    }
    const gateway = config.gateways[turn % config.gateways.length];
    const answer = http.post(`${gateway}/v1/colourise`, pictures[turn % pictures.length], { timeout: '60s' });
    if (check(answer, { coloured: ({ status }) => status === 200 })) {
      coloured.add(1, { label: answer.headers['Handtint-Label'] || 'none' });
    } else {
      console.error(`${gateway}: ${answer.status} ${answer.error} ${answer.body}`);
    }
    sleep(config.pause);
  }
}

export function handleSummary(data) {
  return { [config.summary]: JSON.stringify(data) };
}
