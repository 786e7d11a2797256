/** Element types of the safetensors format, with the bits that one element takes. */
export const dtypeBits = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  F8_E4M3: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2: 8,
  F8_E5M2FNUZ: 8,
  F8_E8M0: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
  C64: 64,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
} as const;

/** Name of an element type, as safetensors spells it. */
export type Dtype = keyof typeof dtypeBits;

/** Element types that a forward pass computes with. */
export const computableDtypes: readonly Dtype[] = ["F64", "F32", "F16", "BF16"];
