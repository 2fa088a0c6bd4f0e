// The worker behind "Watch a DQN learn": it trains by plain.js, whose exports are in `globalThis.dqn_plain`,
// and posts lists of frames, one frame for each run, for live_view.js to draw. It hears the messages of that
// view and, first of all, {type: "open", settings, stories}; {type: "speed", value} is times CartPole's own
// pace, or "full". What a run does follows from its settings, seed and moves; the speed changes nothing.

const { CARTPOLE, CartPole, dqn, evaluate, forward, generator, make, scaled } = globalThis.dqn_plain;
const PACE = 50; // vector steps a second: a step of CartPole is 0.02 seconds
const MOST_MESSAGES = 30; // a second
const SLICE = 10; // milliseconds of work until the next look for messages
const EVALUATE_EVERY = 1_600, EPISODES = 20, CONFIRMING = 100, SOLVED_AT = 475; // steps, episodes, return
const THINKING = 25; // steps of an evaluation for each vector step of training
const MAP_EVERY = 1_000; // milliseconds
const MAP = 33, ANGLE = 0.2095, VELOCITY = 2.5; // points on a side; rad and rad/s where it ends
const LIVE = { // from, to
  epsilon: [0, 1], learning_rate: [0, 1], gamma: [0, 1], tau: [0, 1], update_ratio: [0, 1], n_step: [1, 100],
  target: [0, 1],
};

const whole = (number) => Math.round(number).toLocaleString("en");

function refuse(name, value, allowed) {
  throw new Error(`${name} = ${JSON.stringify(value)} is not allowed: ${allowed}`);
}

const oneOf = (names) => `it must be one of ${Object.keys(names).join(", ")}`;

// Returns the settings of a run: the given ones, by dotted or by last name, in the place of the preset's.
function configure(...given) {
  const config = { ...CARTPOLE };
  for (const [dotted, value] of given.flatMap(Object.entries)) {
    const name = dotted.split(".").at(-1);
    const wanted = CARTPOLE[name];
    if (wanted === undefined) refuse("setting", dotted, oneOf(CARTPOLE));
    const isAlike = typeof value === typeof wanted && Array.isArray(value) === Array.isArray(wanted);
    const fits = isAlike && !(value < 0);
    if (!fits) refuse(dotted, value, `it must be like ${JSON.stringify(wanted)}`);
    config[name] = value;
  }
  return config;
}

// One of at most two runs: what trains, and what is new since the last frame.
class Run {
  constructor(number, config, moves) {
    [this.number, this.config, this.live, this.story] = [number, config, {}, null];
    this.parts = make(config);
    this.records = dqn(config, this.live, this.parts);
    this.cart = new CartPole(1, generator(config.seed, "greedy cart"));
    this.cart.reset();
    const { exploration_start: epsilon, learning_rate: learningRate } = config;
    this.record = { step: 0, updates: 0, epsilon, learningRate };
    [this.evaluations, this.nextEvaluation, this.isSolved, this.nextMap] = [[], EVALUATE_EVERY, false, 0];
    const fixed = { env: "CartPole-v1", actions: ["left", "right"], solved_at: SOLVED_AT };
    this.news = { ...this.blank(), reset: true, story: null, ...fixed };
    for (const [name, value] of Object.entries(moves)) this.move(name, value);
  }

  // Makes the moves of a story, and takes those of an earlier one back.
  tell(story) {
    const undone = Object.keys(this.story?.moves ?? {}).map((name) => [name, held[name] ?? null]);
    const moves = { ...Object.fromEntries(undone), ...story.moves };
    for (const [name, value] of Object.entries(moves)) this.move(name, value);
    [this.story, this.news.story] = [story, story.name];
  }

  blank() {
    return { episodes: [], evaluations: [], errors: [], moves: [] };
  }

  move(name, value) {
    if (value === null) delete this.live[name];
    else this.live[name] = value;
    this.news.moves.push([this.record.step, name, value]);
  }

  get greedy() {
    const isOnline = this.config.greedy_network === "online" || this.live.target === 0;
    return isOnline ? this.parts.online : this.parts.target;
  }

  // Takes a vector step; returns false where the budget is spent.
  advance() {
    const { value: record, done } = this.records.next();
    if (done) return false;
    const { config, news } = this;
    if (record.updates > this.record.updates)
      news.errors.push([record.step, record.loss, record.tdError / config.reward_scale]);
    news.episodes.push(...record.episodes.map((episodeReturn) => [record.step, episodeReturn]));
    this.record = record;
    const [left, right] = forward(this.greedy, scaled(this.cart.state, config.observation_scale));
    this.cart.step([right > left]);
    if (record.step >= this.nextEvaluation) {
      this.nextEvaluation += EVALUATE_EVERY;
      this.evaluations.push(this.judge(structuredClone(this.greedy), record));
    }
    return true;
  }

  // Evaluates the weights of one moment, a step between two yields.
  *judge(greedy, { step, updates }) {
    const chance = (name) => generator(this.config.seed, `${name} ${step}`);
    const play = (episodes, name) => evaluate(this.config, greedy, episodes, chance(name));
    const mean = yield* play(EPISODES, "evaluation");
    this.news.evaluations.push([step, mean]);
    if (mean < SOLVED_AT || this.isSolved) return;
    const sure = yield* play(CONFIRMING, "confirmation");
    if (sure < SOLVED_AT || this.isSolved) return;
    this.isSolved = true;
    this.news.solved = { step, updates };
    this.say(`solved at step ${whole(step)}, after ${whole(updates)} updates: ${CONFIRMING} greedy ` +
      `episodes return ${whole(sure)} on average.`);
  }

  // Evaluates the last weights over 100 episodes.
  *end() {
    const { config, record } = this;
    const mean = yield* evaluate(config, this.greedy, CONFIRMING, generator(config.seed, "end"));
    this.news.end = mean;
    this.say(`${whole(record.step)} steps, the whole budget: ${CONFIRMING} greedy episodes with the last ` +
      `weights return ${whole(mean)} on average. Start begins anew.`);
  }

  // Goes on with the evaluations that wait.
  think(steps) {
    for (; steps && this.evaluations.length; steps--)
      if (this.evaluations[0].next().done) this.evaluations.shift();
  }

  say(words) {
    const place = runs.length > 1 ? `${["Left", "Right"][this.number]}: ` : "";
    this.news.words = `${this.news.words ?? ""} ${place}${words}`.trim();
  }

  // Returns V and the greedy action over angle and angular velocity, the cart in the middle and at rest.
  map() {
    const at = (k, end) => end * ((2 * k) / (MAP - 1) - 1);
    const states = Float64Array.from({ length: 4 * MAP * MAP }, (_, i) => {
      const point = Math.floor(i / 4);
      return [0, 0, at(point % MAP, ANGLE), at(Math.floor(point / MAP), VELOCITY)][i % 4];
    });
    const q = forward(this.greedy, scaled(states, this.config.observation_scale));
    const pairs = Array.from({ length: MAP * MAP }, (_, i) => [q[2 * i], q[2 * i + 1]]);
    const value = pairs.map((pair) => Math.max(...pair) / this.config.reward_scale);
    return { n: MAP, value, right: pairs.map(([left, right]) => Number(right > left)) };
  }

  frame() {
    const { config, live, record, news, number } = this;
    const { step, updates, epsilon, learningRate, first } = record;
    const { gamma, tau, target } = { ...config, ...live };
    const frame = { run: number, state, step, updates, gamma, tau, target: target !== 0, ...news };
    frame.epsilon = live.epsilon ?? epsilon;
    frame.learning_rate = live.learning_rate ?? learningRate;
    frame.greedy_observation = [...this.cart.state];
    if (first) {
      const [observation, qValues, action, explored] = first;
      Object.assign(frame, { observation: [...observation], action, explored: explored === 1 });
      frame.q_values = [...qValues].map((q) => q / config.reward_scale);
    }
    if (performance.now() >= this.nextMap && (step || news.reset)) {
      frame.map = this.map();
      this.nextMap = performance.now() + MAP_EVERY;
    }
    this.news = this.blank();
    return frame;
  }
}

let [base, stories, held, story, beside, speed, state] = [{}, [], {}, null, false, 1, "idle"];
let runs = [];
let [due, isWorking, shownAt, waiting] = [0, false, 0, 0];

// Makes fresh runs: one, of the story if there is one; or beside it one without.
function begin() {
  const config = configure(base, story?.settings ?? {});
  runs = beside && story ? [new Run(0, configure(base), held)] : [];
  runs.push(new Run(runs.length, config, held));
  if (story) runs.at(-1).tell(story);
}

function show() {
  waiting ||= setTimeout(post, Math.max(0, shownAt + 1_000 / MOST_MESSAGES - performance.now()));
}

function post() {
  [waiting, shownAt] = [0, performance.now()];
  self.postMessage(runs.map((run) => run.frame()));
}

// Takes a vector step of every run, and some steps of their evaluations.
function advance() {
  for (const run of runs) {
    try {
      if (!run.advance()) state = "stopped";
      run.think(THINKING);
    } catch (error) {
      state = "failed";
      run.say(error.message);
    }
  }
  if (state === "stopped") runs.forEach((run) => run.evaluations.push(run.end()));
}

const loop = new MessageChannel(); // a timer would wait four milliseconds
loop.port1.onmessage = work;

function work() {
  const end = performance.now() + SLICE;
  const thinker = () => runs.find((run) => run.evaluations.length);
  for (let now = performance.now(); now < end; now = performance.now()) {
    if (state === "running" && now >= due) {
      advance();
      const pause = speed === "full" ? 0 : 1_000 / (PACE * speed);
      due = Math.max(due + pause, now - 100); // what is lost is lost
    } else if (thinker()) thinker().think(1);
    else break;
  }
  show();
  isWorking = state === "running" || Boolean(thinker());
  if (!isWorking) return;
  const wait = thinker() ? 0 : Math.min(due - performance.now(), 20);
  if (wait > 0) setTimeout(work, wait);
  else loop.port2.postMessage(null);
}

function wake() {
  if (!isWorking) loop.port2.postMessage(null);
  isWorking = true;
}

const isOver = () => state === "stopped" || state === "failed";

const COMMANDS = {
  start() {
    if (isOver()) begin();
    [state, due] = ["running", performance.now()];
  },
  pause() { if (state === "running") state = "paused"; },
  step() {
    if (isOver()) begin();
    state = "paused";
    advance();
  },
  reset() {
    [state, story] = ["idle", null];
    begin();
  },
  stop() { if (!isOver() && state !== "idle") state = "stopped"; },
};

const HEAR = {
  open(message) {
    configure(message.settings ?? {}); // refuses what is wrong before anything changes
    [base, stories, state] = [message.settings ?? {}, message.stories ?? [], "idle"];
    begin();
  },
  tell({ command }) {
    if (!COMMANDS[command]) refuse("command", command, oneOf(COMMANDS));
    COMMANDS[command]();
  },
  move({ name, value }) {
    if (!LIVE[name]) refuse("move", name, oneOf(LIVE));
    const [low, high] = LIVE[name];
    const fits = value === null || (value >= low && value <= high);
    if (!fits) refuse(name, value, `it must be between ${low} and ${high}`);
    if (value === null) delete held[name];
    else held[name] = value;
    for (const run of runs) if (!run.number || !(name in run.story.moves)) run.move(name, value);
  },
  speed({ value }) {
    if (value !== "full" && !(value > 0)) refuse("speed", value, 'it must be a number above 0, or "full"');
    [speed, due] = [value, performance.now()];
  },
  story({ name }) {
    const known = Object.fromEntries(stories.map((one) => [one.name, one]));
    if (!known[name]) refuse("story", name, oneOf(known));
    const isSet = (one) => Object.keys(one?.settings ?? {}).length > 0;
    const needsFresh = isSet(known[name]) || isSet(runs.at(-1).story);
    story = known[name];
    if (isOver() || state === "idle" || beside || runs.length > 1 || needsFresh) begin();
    else runs[0].tell(story);
    [state, due] = ["running", performance.now()];
  },
  beside({ on }) {
    beside = on;
    if (!story) return; // two runs would be the same
    if (state !== "running") state = "idle";
    begin();
  },
};

self.onmessage = ({ data }) => {
  try {
    if (!HEAR[data.type]) refuse("type", data.type, oneOf(HEAR));
    if (!runs.length && data.type !== "open") refuse("type", data.type, 'the first is "open"');
    HEAR[data.type](data);
  } catch (error) {
    if (!runs.length) self.postMessage([{ run: 0, state: "failed", words: error.message }]);
    else runs[0].say(error.message);
  }
  if (runs.length) show();
  wake();
};
