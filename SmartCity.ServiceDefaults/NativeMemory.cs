using System.Runtime.InteropServices;

namespace SmartCity.ServiceDefaults;

/// <summary>What glibc keeps of the memory that native libraries give back. Other systems have their own ways and are left alone.</summary>
public static partial class NativeMemory
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int MostArenas = -8;

    private const int Megabyte = 1 << 20;

    private static readonly TimeSpan TrimEvery = TimeSpan.FromSeconds(20);
    private static Timer? _trimming;

    /// <summary>
    /// Pictures of some megabytes come and go on all threads. Left alone, glibc makes eight arenas a core and lets each keep up to 64 MB that
    /// nobody uses. To be called before threads start; an environment variable such as <c>MALLOC_ARENA_MAX</c> stands.
    /// </summary>
    public static void KeepLittle()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            Set(MostArenas, "MALLOC_ARENA_MAX", Math.Clamp(Environment.ProcessorCount, 2, 8));
            Set(TrimThreshold, "MALLOC_TRIM_THRESHOLD_", 8 * Megabyte);
            // Asking the system for each picture anew costs more than drawing it: only what is larger than one of 1920 × 1080.
            Set(MapThreshold, "MALLOC_MMAP_THRESHOLD_", 8 * Megabyte);
            // What lies free between blocks in use goes back too; a heap is only cut at its end otherwise.
            _trimming ??= new Timer(static _ => { _ = Trim(0); }, null, TrimEvery, TrimEvery);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return; // another libc, which has no such settings
        }
    }

    /// <summary>Gives back at once what lies free, after something large has gone.</summary>
    public static void GiveBack()
    {
        if (_trimming is not null)
        {
            _ = Trim(0);
        }
    }

    private static void Set(int parameter, string variable, int value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            _ = SetOption(parameter, value);
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint leave);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
