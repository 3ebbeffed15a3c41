using System.Globalization;

namespace SmartCity.Bench.Memory;

/// <summary>What a process holds at one moment, in bytes where nothing else is said.</summary>
/// <param name="Seconds">Since it was ready.</param>
/// <param name="Resident">All of it.</param>
/// <param name="HeapCommitted">The managed heap.</param>
/// <param name="HeapUsed">Of it, taken by objects at the last collection.</param>
/// <param name="HeapFragmented">Of it, lost between objects.</param>
/// <param name="Files">Programs and libraries, and code compiled while it runs.</param>
/// <param name="Sightings">Stored since it was ready.</param>
internal sealed record MemorySample(double Seconds, long Resident, long HeapCommitted, long HeapUsed, long HeapFragmented, long Files, int Threads, int Handles, long Sightings)
{
    /// <summary>What native libraries hold: models, pictures, brokers, the runtime itself.</summary>
    public long Native => Resident - HeapCommitted - Files;

    /// <summary>Null when the process has ended.</summary>
    public static MemorySample? Of(int process, TimeSpan since, HeapFile heap, long sightings)
    {
        try
        {
            var status = File.ReadLines($"/proc/{process}/status").Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim().Split(' ')[0], StringComparer.Ordinal);
            var handles = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count();
            return new MemorySample(since.TotalSeconds, Kilobytes("VmRSS"), heap.Committed, heap.Used, heap.Fragmented, Kilobytes("RssFile") + Kilobytes("RssShmem"), (int)Number("Threads"), handles, sightings);

            long Number(string name) => long.Parse(status[name], CultureInfo.InvariantCulture);

            long Kilobytes(string name) => 1024 * Number(name);
        }
        catch (Exception e) when (e is IOException or KeyNotFoundException)
        {
            return null; // what is left of a process that ends has no memory
        }
    }

    /// <summary>Bytes an hour by which the resident set grows: the line with the least squares through the samples. Null for less than three.</summary>
    public static double? Growth(IReadOnlyList<MemorySample> samples)
    {
        if (samples.Count < 3)
        {
            return null;
        }

        var (time, size) = (samples.Average(s => s.Seconds), samples.Average(s => (double)s.Resident));
        return 3600 * samples.Sum(s => (s.Seconds - time) * (s.Resident - size)) / samples.Sum(s => (s.Seconds - time) * (s.Seconds - time));
    }
}
