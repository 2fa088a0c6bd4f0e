// Deep Q-Networks in a web page: dqn_tutorial/plain.py once more, in JavaScript without a library.
//
// The same blocks in the same order under the same names; below them stands what Python takes from its
// libraries: network, gradient, Adam, CartPole and chance. A matrix is one flat array, row after row.
// E environments, B transitions, S numbers in a state, A actions.

// The settings of the preset for CartPole-v1, by the names that `config.py` explains.
export const CARTPOLE = {
  seed: 0, n_envs: 32, max_steps: 50_000, learning_starts: 250, update_ratio: 0.03125, batch_size: 128,
  buffer_size: 50_000, gamma: 0.995, n_step: 10, learning_rate: 0.01, learning_rate_end: 0,
  max_grad_norm: Infinity, loss: "HuberLoss", tau: 0.03, critic_type: "DQNCritic", width: 64, depth: 2,
  act: "silu", greedy_network: "target", exploration_start: 1, exploration_rate: 0.5,
  exploration_fraction: 0.1, observation_scale: [1.5, 0.5, 10, 1], reward_scale: 0.03,
};

// The last steps of E environments: each has its next step E rows further on.
export class Ring { // 04
  constructor(length, nEnvs) {
    [this.length, this.nEnvs, this.nStored] = [length, nEnvs, 0];
    this.columns = {
      state: new Float64Array(length * 4),
      action: new Int32Array(length),
      reward: new Float64Array(length),
      nextState: new Float64Array(length * 4),
      terminated: new Uint8Array(length),
      truncated: new Uint8Array(length),
      isReset: new Uint8Array(length),
    };
  }

  // Copies one step of every environment, [E, S] or [E], over the oldest.
  store(...step) {
    const first = this.nStored % this.length;
    for (const [i, column] of Object.values(this.columns).entries()) // in the order of their names above
      column.set(step[i], (first * column.length) / this.length);
    this.nStored += this.nEnvs;
  }

  // Returns random rows [B]; one that only reset an environment is drawn again.
  sample(batchSize, rng) {
    const nFilled = Math.min(this.nStored, this.length);
    return Int32Array.from({ length: batchSize }, () => {
      let row = rng.integer(nFilled);
      while (this.columns.isReset[row]) row = rng.integer(nFilled);
      return row;
    });
  }

  // Returns the columns of some rows.
  batch(row) {
    return Object.fromEntries(Object.entries(this.columns).map(([name, column]) => {
      const width = column.length / this.length;
      const part = new column.constructor(row.length * width);
      row.forEach((k, i) => part.set(column.subarray(k * width, (k + 1) * width), i * width));
      return [name, part];
    }));
  }
}

// Returns y [B] for next Q-values [B, A]; only termination stops the bootstrap.
export function tdTarget(batch, nextQ) { // 05
  const nActions = nextQ.length / batch.reward.length;
  return batch.reward.map((reward, i) => {
    const nextV = Math.max(...nextQ.subarray(i * nActions, (i + 1) * nActions));
    return reward + batch.discount[i] * (1 - batch.terminated[i]) * nextV;
  });
}

// Moves each target weight the share tau of the way to its online weight.
export function updateTarget(target, online, tau) { // 05
  const [slow, fast] = [target.weights, online.weights];
  for (let i = 0; i < slow.length; i++) slow[i] += tau * (fast[i] - slow[i]);
}

// Chooses actions [E] for Q-values [E, A], each state by a coin of its own; tells which chance chose.
export function epsilonGreedy(qValues, nStates, epsilon, rng) { // 06
  const nActions = qValues.length / nStates;
  const [action, explored] = [new Int32Array(nStates), new Uint8Array(nStates)];
  for (let i = 0; i < nStates; i++) {
    explored[i] = rng.random() < epsilon;
    const anything = rng.integer(nActions);
    action[i] = explored[i] ? anything : argmax(qValues, i * nActions, nActions);
  }
  return { action, explored };
}

// Returns the value at a step of a line that is constant after `length` steps.
export function linearSchedule(start, end, length, step) { // 06
  const share = length ? Math.min(step / length, 1) : 1;
  return start + (end - start) * share;
}

// Returns the parts of an agent: networks, optimiser, memory, environments and chance.
export function make(config) { // 06
  const sizes = [4, ...Array(config.depth).fill(config.width), 2];
  const online = network(sizes, config.act, generator(config.seed, "weights")); // 03
  return {
    online,
    target: structuredClone(online), // 05
    optimizer: new Adam(online.weights.length),
    ring: new Ring(config.buffer_size - (config.buffer_size % config.n_envs), config.n_envs), // 04
    replay: generator(config.seed, "replay"),
    exploration: generator(config.seed, "exploration"), // 06
    env: new CartPole(config.n_envs, generator(config.seed, "environment")),
  };
}

// Trains an agent; yields a record after each vector step. What stands in `live` replaces the setting or the
// schedule of its name from the next step on; `target: 0` leaves the target network out.
export function* dqn(config, live = {}, parts = make(config)) { // 06
  const { online, target, optimizer, ring, replay, exploration, env } = parts;
  const { n_envs: nEnvs, batch_size: batchSize, observation_scale: scale } = config; // 07
  const [start, end] = [config.exploration_start, config.exploration_rate];
  const duration = config.exploration_fraction * config.max_steps;
  let state = env.reset(); // [E, S]
  let isReset = new Uint8Array(nEnvs); // [E]
  let [updatesDue, updates, loss, tdError] = [0, 0, NaN, NaN];
  for (let step = nEnvs; step <= config.max_steps; step += nEnvs) {
    const now = { ...config, ...live };
    // 06: act
    const epsilon = live.epsilon ?? linearSchedule(start, end, duration, step);
    const qValues = forward(online, scaled(state, scale)); // [E, A]
    const { action, explored } = epsilonGreedy(qValues, nEnvs, epsilon, exploration); // [E]
    const { nextState, reward, terminated, truncated } = env.step(action);
    // 04: store
    const isOver = terminated.map((flag, i) => flag | truncated[i]);
    const scaledReward = reward.map((value) => value * config.reward_scale);
    ring.store(state, action, scaledReward, nextState, terminated, truncated, isReset);
    const first = [state.slice(0, 4), qValues.slice(0, 2), action[0], explored[0]]; // of environment 0
    [state, isReset] = [nextState, isOver];
    // 06: learn
    if (step >= config.learning_starts) updatesDue += now.update_ratio * nEnvs;
    const decay = linearSchedule(1, config.learning_rate_end, config.max_steps, step);
    const learningRate = live.learning_rate ?? decay * config.learning_rate;
    for (; updatesDue >= 1; updatesDue--) {
      const row = ring.sample(batchSize, replay); // [B]
      const batch = ring.batch(row);
      batch.discount = new Float64Array(batchSize).fill(now.gamma); // [B], gamma^1
      nStepSum(batch, row, ring, now);
      const slow = now.target === 0 ? online : target;
      const nextState = scaled(batch.nextState, scale);
      const nextQ = forward(slow, nextState); // [B, A]
      let y = tdTarget(batch, nextQ); // [B]
      if (config.critic_type === "DoubleDQNCritic")
        y = doubleTdTarget(batch, nextQ, forward(online, nextState));
      const qValues = forward(online, scaled(batch.state, scale)); // [B, A]
      const error = y.map((target, i) => qValues[2 * i + batch.action[i]] - target); // [B]
      const [value, slopeAt] = LOSSES[config.loss];
      loss = mean(error.map(value));
      tdError = mean(error.map(Math.abs));
      if (!Number.isFinite(loss)) throw new Error(`loss = ${loss} at step ${step}: Q-values grew too large`);
      const slope = new Float64Array(qValues.length); // [B, A], 0 for actions that were not taken
      error.forEach((e, i) => (slope[2 * i + batch.action[i]] = slopeAt(e) / batchSize));
      backward(online, slope);
      clipGradient(online.gradient, config.max_grad_norm);
      optimizer.step(online, learningRate);
      updateTarget(target, online, now.tau);
      updates++;
    }
    const episodes = [...env.steps].filter((_, i) => isOver[i]); // their returns: each step's reward is 1
    yield { step, updates, epsilon, learningRate, loss, tdError, episodes, first };
  }
}

// Lets each window run on: to n steps, its episode's end, or the newest step.
export function nStepSum(batch, row, ring, config) { // 06
  const { reward, terminated, truncated, nextState } = ring.columns;
  for (let i = 0; i < row.length; i++) {
    let k = row[i];
    for (let n = 1; n < config.n_step; n++) {
      const isNewest = (ring.nStored - 1 - k) % ring.length < ring.nEnvs; // by the rows stored after it
      if (terminated[k] || truncated[k] || isNewest) break;
      k = (k + ring.nEnvs) % ring.length;
      batch.reward[i] += batch.discount[i] * reward[k];
      batch.discount[i] *= config.gamma;
    }
    [batch.terminated[i], batch.truncated[i]] = [terminated[k], truncated[k]];
    batch.nextState.set(nextState.subarray(4 * k, 4 * k + 4), 4 * i);
  }
}

// Returns y [B]: the online network chooses, the target network values it.
export function doubleTdTarget(batch, nextQ, onlineQ) { // 05
  const nActions = nextQ.length / batch.reward.length;
  const chosen = batch.reward.map((_, i) => nextQ[i * nActions + argmax(onlineQ, i * nActions, nActions)]);
  return tdTarget(batch, chosen); // the maximum of one number
}

// Plays greedy episodes side by side, a step between two yields; returns their mean return.
export function* evaluate(config, greedy, nEpisodes, rng) { // 07
  const env = new CartPole(nEpisodes, rng);
  let state = env.reset();
  const [returns, running] = [new Float64Array(nEpisodes), new Uint8Array(nEpisodes).fill(1)];
  while (running.some(Boolean)) {
    const qValues = forward(greedy, scaled(state, config.observation_scale));
    const action = Int32Array.from(running, (_, i) => argmax(qValues, 2 * i, 2));
    const { nextState, reward, terminated, truncated } = env.step(action);
    state = nextState;
    returns.forEach((_, i) => (returns[i] += reward[i] * running[i])); // the first episode of each counts
    running.forEach((_, i) => (running[i] &= !(terminated[i] || truncated[i])));
    yield;
  }
  return mean(returns);
}

// From here on: what plain.py imports.

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function argmax(values, first, n) {
  let best = first;
  for (let i = first + 1; i < first + n; i++) if (values[i] > values[best]) best = i;
  return best - first;
}

// Returns states [B, S], each number times the factor of its column; without factors as they are.
export function scaled(states, scale) {
  return scale.length ? states.map((value, i) => value * scale[i % scale.length]) : states;
}

// A network of linear layers. All weights are one array; a layer's own are parts of it, [O, I] and [O].
export function network(sizes, act, rng) {
  const layers = sizes.slice(1).map((nOut, i) => ({ nIn: sizes[i], nOut }));
  const weights = new Float64Array(layers.reduce((sum, { nIn, nOut }) => sum + (nIn + 1) * nOut, 0));
  const gradient = new Float64Array(weights.length);
  let first = 0;
  for (const layer of layers)
    for (const [name, n] of [["matrix", layer.nIn * layer.nOut], ["bias", layer.nOut]]) {
      const own = weights.subarray(first, first + n);
      own.set(own.map(() => layer.nIn ** -0.5 * (2 * rng.random() - 1)));
      layer[name] = own;
      layer[`${name}Gradient`] = gradient.subarray(first, first + n);
      first += n;
    }
  return { sizes, act, layers, weights, gradient };
}

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
// Of a number z: its value, and the slope there.
export const ACTIVATIONS = {
  relu: [(z) => Math.max(0, z), (z) => Number(z > 0)],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  silu: [(z) => z * sigmoid(z), (z) => { const s = sigmoid(z); return s * (1 + z * (1 - s)); }],
};
// Of the error q - y of a sample: the loss, and its slope in q.
export const LOSSES = {
  MSELoss: [(e) => e * e, (e) => 2 * e],
  HuberLoss: [(e) => (e * e < 1 ? (e * e) / 2 : Math.abs(e) - 0.5), (e) => Math.max(-1, Math.min(1, e))],
  L1Loss: [Math.abs, Math.sign],
};

// Returns Q-values [B, A] of states [B, S]; each layer keeps what `backward` needs.
export function forward(net, states) {
  const [value] = ACTIVATIONS[net.act];
  const n = states.length / net.sizes[0];
  let x = states;
  for (const layer of net.layers) {
    const { nIn, nOut, matrix, bias } = layer;
    const z = new Float64Array(n * nOut); // [B, O] = x [B, I] times the matrix [O, I] turned over
    product(z, n, nOut, nIn, x, nIn, 1, matrix, 1, nIn);
    for (let i = 0; i < z.length; i += nOut) for (let j = 0; j < nOut; j++) z[i + j] += bias[j];
    [layer.x, layer.z] = [x, z];
    if (layer === net.layers.at(-1)) return z;
    x = new Float64Array(z.length);
    for (let i = 0; i < z.length; i++) x[i] = value(z[i]);
  }
}

// Turns the slope of the loss in the Q-values [B, A] of the last `forward` into the gradient in the weights.
export function backward(net, slope) {
  const [, slopeAt] = ACTIVATIONS[net.act];
  for (let l = net.layers.length - 1; l >= 0; l--) { // the chain rule, from the end
    const { nIn, nOut, x, matrix, matrixGradient, biasGradient } = net.layers[l];
    const n = slope.length / nOut;
    product(matrixGradient, nOut, nIn, n, slope, 1, nOut, x, nIn, 1); // [O, I] = slope turned over, times x
    biasGradient.fill(0);
    for (let i = 0; i < slope.length; i += nOut)
      for (let j = 0; j < nOut; j++) biasGradient[j] += slope[i + j];
    if (l === 0) return;
    const below = new Float64Array(n * nIn); // [B, I] = slope [B, O] times the matrix [O, I]
    product(below, n, nIn, nOut, slope, nOut, 1, matrix, nIn, 1);
    const { z } = net.layers[l - 1];
    for (let i = 0; i < z.length; i++) below[i] *= slopeAt(z[i]);
    slope = below;
  }
}

// out [n, m] = a [n, k] times b [k, m]. `aRow` leads from a row of a to the next, `aColumn` from a column to
// the next, so that an exchange of the two turns a matrix over. Eight sums at once are three times as fast.
export function product(out, n, m, k, a, aRow, aColumn, b, bRow, bColumn) {
  for (let i = 0; i < n; i += 4) {
    const [i1, i2, i3] = [1, 2, 3].map((more) => Math.min(i + more, n - 1)); // at the edge some rows twice
    for (let j = 0; j < m; j += 2) {
      const j1 = Math.min(j + 1, m - 1);
      let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0;
      let p0 = i * aRow, p1 = i1 * aRow, p2 = i2 * aRow, p3 = i3 * aRow, q0 = j * bColumn, q1 = j1 * bColumn;
      for (let l = 0; l < k; l++) {
        const a0 = a[p0], a1 = a[p1], a2 = a[p2], a3 = a[p3], b0 = b[q0], b1 = b[q1];
        s00 += a0 * b0; s01 += a0 * b1; s10 += a1 * b0; s11 += a1 * b1;
        s20 += a2 * b0; s21 += a2 * b1; s30 += a3 * b0; s31 += a3 * b1;
        p0 += aColumn; p1 += aColumn; p2 += aColumn; p3 += aColumn; q0 += bRow; q1 += bRow;
      }
      out[i * m + j] = s00; out[i * m + j1] = s01;
      out[i1 * m + j] = s10; out[i1 * m + j1] = s11;
      out[i2 * m + j] = s20; out[i2 * m + j1] = s21;
      out[i3 * m + j] = s30; out[i3 * m + j1] = s31;
    }
  }
}

// Shortens a gradient that is longer than allowed.
export function clipGradient(gradient, maxNorm) {
  const share = Math.min(1, maxNorm / (Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)) + 1e-6));
  for (let i = 0; i < gradient.length; i++) gradient[i] *= share;
}

// The optimiser of Kingma & Ba (2015), with PyTorch's constants.
export class Adam {
  constructor(nWeights) {
    [this.t, this.first, this.second] = [0, new Float64Array(nWeights), new Float64Array(nWeights)];
  }

  step({ weights, gradient }, learningRate) {
    const { first, second } = this;
    const t = ++this.t, size = learningRate / (1 - 0.9 ** t), root = Math.sqrt(1 - 0.999 ** t);
    for (let i = 0; i < weights.length; i++) {
      first[i] = 0.9 * first[i] + 0.1 * gradient[i];
      second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
      weights[i] -= (size * first[i]) / (Math.sqrt(second[i]) / root + 1e-8);
    }
  }
}

// CartPole-v1 side by side, by Gymnasium's constants; a cart whose episode is over resets in its next step.
export class CartPole {
  constructor(nEnvs, rng) {
    [this.nEnvs, this.fresh] = [nEnvs, () => 0.1 * rng.random() - 0.05];
  }

  // Returns the first states [E, 4].
  reset() {
    [this.steps, this.isOver] = [new Int32Array(this.nEnvs), new Uint8Array(this.nEnvs)];
    return (this.state = new Float64Array(4 * this.nEnvs).map(this.fresh));
  }

  // Returns the next states [E, 4], and reward, terminated and truncated, each [E].
  step(action) {
    const nextState = this.state.slice();
    const reward = new Float64Array(this.nEnvs);
    const [terminated, truncated] = [new Uint8Array(this.nEnvs), new Uint8Array(this.nEnvs)];
    for (let i = 0; i < this.nEnvs; i++) {
      const own = nextState.subarray(4 * i, 4 * i + 4);
      if (this.isOver[i]) {
        own.set(own.map(this.fresh));
        this.steps[i] = 0;
      } else {
        own.set(pushCart(own, action[i]));
        reward[i] = 1;
        terminated[i] = Math.abs(own[0]) > 2.4 || Math.abs(own[2]) > (12 * 2 * Math.PI) / 360;
        truncated[i] = ++this.steps[i] >= 500;
      }
      this.isOver[i] = terminated[i] | truncated[i];
    }
    return { nextState: (this.state = nextState), reward, terminated, truncated };
  }
}

// Returns cart and pole [4] 0.02 seconds later: 10 newtons to the left (0) or right (1). Barto et al. (1983).
export function pushCart([x, xDot, theta, thetaDot], action) {
  const [gravity, poleMass, totalMass, length, seconds] = [9.8, 0.1, 1.1, 0.5, 0.02]; // length: half a pole
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const push = ((action ? 10 : -10) + poleMass * length * thetaDot ** 2 * sin) / totalMass;
  const turn = (gravity * sin - cos * push) / (length * (4 / 3 - (poleMass * cos ** 2) / totalMass));
  const pull = push - (poleMass * length * turn * cos) / totalMass;
  return [x + seconds * xDot, xDot + seconds * pull, theta + seconds * thetaDot, thetaDot + seconds * turn];
}

// Returns the chance of one source, such as "replay": the generator sfc32 of Doty-Humphrey, which begins with
// words that seed and name are mixed to.
export function generator(seed, source) {
  let hash = 2166136261;
  for (const letter of `${seed} ${source}`) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  const word = () => {
    hash = (hash + 0x9e3779b9) | 0;
    const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  };
  let a = word(), b = word(), c = word(), count = 1;
  const random = () => {
    const sum = (a + b + count++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) random();
  return { random, integer: (n) => Math.floor(n * random()) };
}
