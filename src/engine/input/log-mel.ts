/** Samples of one frame, and from one frame to the next: 25 and 10 ms at 16 kHz. */
const frameLength = 400;
const hop = 160;

/** Frequencies of a frame's spectrum, 0 to 8 kHz. */
const bins = frameLength / 2 + 1;

/** Highest frequency of the bands, half the samples of a second. */
const highest = 8000;

/**
 * Whisper's log-mel spectrogram of sound at 16 kHz (transformers, WhisperFeatureExtractor): powers of Hann-windowed frames, summed in
 * triangular bands that are even on Slaney's mel scale, their logarithms cut 8 below the largest and scaled.
 * @returns bands x frames, band after band; a frame for every 160 samples
 */
export function logMel(samples: Float32Array, bands: number): Float32Array {
  const frames = Math.floor(samples.length / hop);
  const filters = melFilters(bands);
  const spectrum = spectrumOfFrames();
  const logs = new Float64Array(bands * frames);
  for (let frame = 0; frame < frames; frame += 1) {
    const powers = spectrum(samples, frame * hop - frameLength / 2);
    for (const [band, { first, weights }] of filters.entries()) {
      const sum = weights.reduce((total, weight, index) => total + weight * powers[first + index]!, 0);
      logs[band * frames + frame] = Math.log10(Math.max(sum, 1e-10));
    }
  }
  const floor = logs.reduce((largest, value) => Math.max(largest, value), -Infinity) - 8;
  return Float32Array.from(logs, (value) => (Math.max(value, floor) + 4) / 4);
}

/** A band: weights of neighbouring frequencies. */
interface Band {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Triangles between neighbours of points that are even on the mel scale, each of area 2 over its width. */
function melFilters(bands: number): Band[] {
  const top = toMel(highest);
  const points = Array.from({ length: bands + 2 }, (_, index) => fromMel((top * index) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [from, middle, to] = points.slice(band, band + 3) as [number, number, number];
    const all = Array.from({ length: bins }, (_unused, bin) => {
      const frequency = (bin * highest) / (bins - 1);
      return (Math.max(0, Math.min((frequency - from) / (middle - from), (to - frequency) / (to - middle))) * 2) / (to - from);
    });
    const first = Math.max(0, all.findIndex((weight) => weight > 0));
    return { first, weights: all.slice(first, all.findLastIndex((weight) => weight > 0) + 1) };
  });
}

/** Slaney's scale: even steps up to 1 kHz, logarithmic from there, 27 steps for a factor of 6.4. */
function toMel(frequency: number): number {
  return frequency < 1000 ? (3 * frequency) / 200 : 15 + (27 * Math.log(frequency / 1000)) / Math.log(6.4);
}

function fromMel(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) * (mel - 15)) / 27);
}

/** Powers of the frequencies of the frame that starts at `start`, where sound is mirrored beyond its ends. */
function spectrumOfFrames(): (samples: Float32Array, start: number) => Float64Array {
  const turns = Array.from({ length: frameLength }, (_, index) => (2 * Math.PI * index) / frameLength);
  const cos = Float64Array.from(turns, Math.cos);
  const sin = Float64Array.from(turns, Math.sin);
  const window = cos.map((value) => (1 - value) / 2);
  const frame = new Float64Array(frameLength);
  const powers = new Float64Array(bins);
  return (samples, start) => {
    for (let index = 0; index < frameLength; index += 1) frame[index] = window[index]! * samples[mirrored(start + index, samples.length)]!;
    for (let bin = 0; bin < bins; bin += 1) {
      let real = 0;
      let imaginary = 0;
      for (let index = 0, turn = 0; index < frameLength; index += 1) {
        real += frame[index]! * cos[turn]!;
        imaginary += frame[index]! * sin[turn]!;
        turn += bin;
        if (turn >= frameLength) turn -= frameLength;
      }
      powers[bin] = real * real + imaginary * imaginary;
    }
    return powers;
  };
}

function mirrored(index: number, length: number): number {
  if (index < 0) return -index;
  return index < length ? index : 2 * (length - 1) - index;
}
