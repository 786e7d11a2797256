export function softwareVulkan(): { LD_LIBRARY_PATH: string; VK_ICD_FILENAMES: string } | undefined;
