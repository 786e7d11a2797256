import { describe, expect, it } from "vitest";
import { findTensorflow, libtensorflowFiles } from "../../../../../src/engine/runtime/tfjs/tensorflow/find";
import type { Machine } from "../../../../../src/engine/runtime/tfjs/tensorflow/machine";

/** A Linux machine with these files; links lead from one path to another. */
function machine(files: readonly string[], { links = {}, ...rest }: Partial<Machine> & { links?: Record<string, string> } = {}): Machine {
  const realPath = (path: string) => links[path] ?? path;
  return {
    platform: "linux",
    nodeApi: 9,
    environment: {},
    home: "/home/ada",
    workingFolder: "/home/ada/project",
    ownPackage: undefined,
    exists: (path) => files.some((file) => file === realPath(path) || file.startsWith(`${path}/`)),
    isFile: (path) => files.includes(realPath(path)),
    list: (folder) => [...new Set(files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1).split("/")[0]!))],
    realPath,
    ...rest,
  };
}

const wheel = (packages: string) => ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"].map((name) => `${packages}/tensorflow/${name}`);
const archive = (folder: string) => ["libtensorflow.so.2", "libtensorflow_framework.so.2"].map((name) => `${folder}/${name}`);
const libraries = ([core, framework]: readonly string[]) => ({ kind: "library", core, framework });
const found = (...parameters: Parameters<typeof machine>) => findTensorflow({}, machine(...parameters));
const missing = /^No libtensorflow was found in Python's environments or among the system's libraries: pip install tensorflow .* NORMLENS_LIBTENSORFLOW\.$/;

describe("what is named", () => {
  const named = (libtensorflow: string, files: readonly string[], rest: Partial<Machine> = {}) => findTensorflow({ libtensorflow }, machine(files, rest));

  it.each([
    ["site-packages", "/env/lib/python3.11/site-packages"],
    ["TensorFlow's own folder", "/env/lib/python3.11/site-packages/tensorflow"],
    ["a virtual or conda environment's root", "/env"],
    ["the library", "/env/lib/python3.11/site-packages/tensorflow/libtensorflow_cc.so.2"],
    ["the other library", "/env/lib/python3.11/site-packages/tensorflow/libtensorflow_framework.so.2"],
  ])("can be %s", (_, path) => {
    const files = wheel("/env/lib/python3.11/site-packages");
    expect(named(path, files)).toEqual([libraries(files)]);
    expect(libtensorflowFiles({ libtensorflow: path }, machine(files))).toEqual(files);
  });

  it("can be an unpacked C archive, a library under any name, and relative to home or to the working folder", () => {
    expect(named("/c", archive("/c/lib"))).toEqual([libraries(archive("/c/lib"))]);
    expect(named("/c/lib", archive("/c/lib"))).toEqual([libraries(archive("/c/lib"))]);
    expect(named("/c/libtensorflow.so.2.18.0", ["/c/libtensorflow.so.2.18.0"])).toEqual([libraries(["/c/libtensorflow.so.2.18.0"])]);
    expect(named("~/tf", archive("/home/ada/tf"))).toEqual([libraries(archive("/home/ada/tf"))]);
    expect(named("tf", archive("/home/ada/project/tf"))).toEqual([libraries(archive("/home/ada/project/tf"))]);
  });

  it("can be a folder of tfjs-node: the addon for the highest Node-API that this Node has, else its libtensorflow", () => {
    const folder = "/node_modules/@tensorflow/tfjs-node";
    const addons = [8, 9, 10].map((version) => `${folder}/lib/napi-v${version}/tfjs_binding.node`);
    expect(named(folder, [...addons, ...archive(`${folder}/deps/lib`)])).toEqual([{ kind: "addon", addon: addons[1] }]);
    expect(named(addons[0]!, addons)).toEqual([{ kind: "addon", addon: addons[0] }]);
    expect(libtensorflowFiles({ libtensorflow: folder }, machine(addons))).toEqual([addons[1]]);
    expect(named(folder, archive(`${folder}/deps/lib`))).toEqual([libraries(archive(`${folder}/deps/lib`))]);
  });

  it("can be named in the environment; the option goes first", () => {
    const files = [...archive("/one"), ...archive("/two")];
    const environment = { NORMLENS_LIBTENSORFLOW: "/one" };
    expect(found(files, { environment })).toEqual([libraries(archive("/one"))]);
    expect(named("/two", files, { environment })).toEqual([libraries(archive("/two"))]);
    expect(named("", files, { environment })).toEqual([libraries(archive("/one"))]);
  });

  it("is taken or refused, never replaced by what is found elsewhere", () => {
    expect(() => named("/nowhere", archive("/usr/lib"))).toThrow(/^\/nowhere was named for libtensorflow and does not exist: /);
    expect(() => named("/old", ["/old/lib/libtensorflow_framework.so.1"])).toThrow(/^\/old was named for libtensorflow, but holds TensorFlow 1, where TensorFlow 2 is needed: /);
    expect(() => named("/x", [], { platform: "aix" })).toThrow("No libtensorflow is known for aix.");
    expect(libtensorflowFiles({ libtensorflow: "/nowhere" }, machine(archive("/usr/lib")))).toEqual([]);
  });

  it("has other names on macOS and Windows", () => {
    const dylibs = ["/tf/libtensorflow_cc.2.dylib", "/tf/libtensorflow_framework.2.dylib"];
    expect(named("/tf", dylibs, { platform: "darwin" })).toEqual([libraries(dylibs)]);
    expect(named("/tf", ["/tf/lib/tensorflow.dll"], { platform: "win32" })).toEqual([libraries(["/tf/lib/tensorflow.dll"])]);
    expect(() => named("/tf", ["/tf/README"], { platform: "win32" })).toThrow(/no tensorflow\.dll in it: unpack an archive of https:.*, and name its folder with --libtensorflow, /);
  });
});

describe("what is looked for", () => {
  it("is nowhere", () => {
    expect(() => found([])).toThrow(missing);
    expect(libtensorflowFiles({}, machine([]))).toEqual([]);
  });

  it("is in the environment that is active, wherever that is", () => {
    const inProject = wheel("/home/ada/project/.venv/lib/python3.12/site-packages");
    expect(found([...inProject, ...archive("/usr/lib")], { environment: { VIRTUAL_ENV: "/home/ada/project/.venv" } })).toEqual([libraries(inProject)]);
    expect(found(archive("/conda/lib"), { environment: { CONDA_PREFIX: "/conda" } })).toEqual([libraries(archive("/conda/lib"))]);
  });

  it("is with the Python on PATH, or with the one that it was made with", () => {
    const own = wheel("/env/lib/python3.12/site-packages");
    expect(found([...own, "/env/bin/python3"], { environment: { PATH: "/bin:/env/bin" } })).toEqual([libraries(own)]);
    const base = wheel("/python/lib/python3.12/site-packages");
    expect(found([...base, "/python/bin/python3.12"], { environment: { PATH: "/env/bin" }, links: { "/env/bin/python3": "/python/bin/python3.12" } })).toEqual([libraries(base)]);
  });

  it.each([
    ["pyenv's versions", wheel("/home/ada/.pyenv/versions/3.11.9/lib/python3.11/site-packages"), {}],
    ["pyenv's versions elsewhere", wheel("/pyenv/versions/3.11.9/lib/python3.11/site-packages"), { PYENV_ROOT: "/pyenv" }],
    ["the user's packages", wheel("/home/ada/.local/lib/python3.11/site-packages"), {}],
    ["Debian's packages", wheel("/usr/local/lib/python3.11/dist-packages"), {}],
    ["/usr/local/lib", archive("/usr/local/lib"), {}],
    ["/usr/lib of an architecture", archive("/usr/lib/x86_64-linux-gnu"), {}],
    ["/opt", archive("/opt/libtensorflow/lib"), {}],
    ["LD_LIBRARY_PATH", archive("/somewhere"), { LD_LIBRARY_PATH: "/else:/somewhere" }],
  ])("is in %s", (_, files, environment) => {
    expect(found(files, { environment })).toEqual([libraries(files)]);
  });

  it("is the addon of our own package first, and libtensorflow where that can't be loaded", () => {
    const addon = "/app/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node";
    const ownPackage = "/app/tfjs-node-gpu";
    expect(found([addon, ...archive("/usr/lib")], { ownPackage })).toEqual([{ kind: "addon", addon }, libraries(archive("/usr/lib"))]);
    expect(found([addon], { ownPackage })).toEqual([{ kind: "addon", addon }]);
  });

  it("is never what a project brings along", () => {
    const evil = [...archive("/home/ada/project/lib"), "/home/ada/project/bin/python3"];
    expect(() => found(evil, { environment: { PATH: "/home/ada/project/bin:bin:.", LD_LIBRARY_PATH: "lib:/home/ada/project/lib:" } })).toThrow(missing);
    // Nor through a link.
    expect(() => found(archive("/link"), { environment: { LD_LIBRARY_PATH: "/link" }, links: { "/link": "/home/ada/project/lib" } })).toThrow(missing);
  });

  it("is found from the home and the root folder, which are no projects", () => {
    const files = wheel("/home/ada/.local/lib/python3.11/site-packages");
    expect(found(files, { workingFolder: "/home/ada" })).toEqual([libraries(files)]);
    expect(found(files, { workingFolder: "/" })).toEqual([libraries(files)]);
  });
});
