// Whether a graphics card really computes here. Chromium offers WebGL and WebGPU without one, too, even where it is asked not
// to: many times slower than wasm.

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Throws unless WebGPU has an adapter to give: `navigator.gpu` alone promises nothing. */
export async function checkWebgpu(asked: boolean): Promise<void> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('not in this browser');
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  refuseSoftware(`${vendor} ${architecture} ${description}${isFallbackAdapter ? ' software' : ''}`, asked);
}

/** Throws unless there is WebGL 2. */
export function checkWebgl(asked: boolean): void {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) throw new Error('not in this browser');
  const details = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext(); // browsers give out a few of them only
  refuseSoftware(renderer, asked);
}

function refuseSoftware(renderer: string, asked: boolean): void {
  if (!asked && SOFTWARE.test(renderer)) throw new Error(`computed in software by ${renderer.trim()}`);
}
