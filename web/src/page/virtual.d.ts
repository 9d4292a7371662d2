declare module 'virtual:samples' {
  const samples: import('../../tools/samples_plugin').Sample[];
  export default samples;
}
