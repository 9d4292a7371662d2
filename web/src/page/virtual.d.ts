declare module 'virtual:samples' {
  const samples: import('../../tools/samples_plugin').Sample[];
  export default samples;
}

declare module 'virtual:wasm-thread';
