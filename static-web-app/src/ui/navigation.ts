import { create } from "zustand";

/** Whether the left column is open as a sheet; on wide screens it is always there. */
export const useNavigation = create<{ open: boolean; setOpen: (open: boolean) => void }>((set) => ({
  open: false,
  setOpen: (open) => set({ open }),
}));
