using System.Globalization;

namespace SmartCity.Bench.Memory;

/// <summary>The managed heap of another process: bytes committed, bytes in it and bytes lost between its objects, as of its last collection.</summary>
internal readonly record struct HeapFile(long Committed, long Used, long Fragmented)
{
    /// <summary>Names the file to the process that is measured.</summary>
    public const string Variable = "SMARTCITY_BENCH_HEAP";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static HeapFile Read(string file) => File.Exists(file) && File.ReadAllText(file).Split(' ') is [var committed, var used, var fragmented]
        ? new(long.Parse(committed, CultureInfo.InvariantCulture), long.Parse(used, CultureInfo.InvariantCulture), long.Parse(fragmented, CultureInfo.InvariantCulture))
        : default;

    /// <summary>Writes this process' figures every second, as long as it lives.</summary>
    public static async Task WriteAsync(string file)
    {
        using var timer = new PeriodicTimer(Every);
        do
        {
            var heap = GC.GetGCMemoryInfo(GCKind.Any);
            await File.WriteAllTextAsync(file + ".new", string.Create(CultureInfo.InvariantCulture, $"{heap.TotalCommittedBytes} {heap.HeapSizeBytes} {heap.FragmentedBytes}"));
            File.Move(file + ".new", file, overwrite: true);
        }
        while (await timer.WaitForNextTickAsync());
    }
}
