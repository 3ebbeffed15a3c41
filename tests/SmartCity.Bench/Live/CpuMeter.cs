using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SmartCity.Bench.Live;

/// <summary>CPU seconds of processes, from <c>/proc</c>: what they used, whatever else the machine did.</summary>
internal static class CpuMeter
{
    private const double TicksPerSecond = 100;

    /// <summary>Of a process, all of its threads.</summary>
    public static double Of(int process) => Read(process) is { } stat ? stat.Seconds : 0;

    /// <summary>Of this process, all of its threads.</summary>
    public static double OfThis() => Of(Environment.ProcessId);

    /// <summary>Of all programs that this process started and that have ended.</summary>
    public static double OfEnded() => Read(Environment.ProcessId)!.Value.Ended;

    /// <summary>The process that started one.</summary>
    public static int Parent(int process) => Read(process)!.Value.Parent;

    /// <summary>Of a process and all that came of it and still live.</summary>
    public static double OfTree(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Select(id => (Id: id, Stat: Read(id))).Where(p => p.Stat is not null).ToDictionary(p => p.Id, p => p.Stat!.Value);
        var (sum, members) = (0.0, new HashSet<int> { root });
        foreach (var (id, stat) in all.OrderBy(p => p.Key))
        {
            if (members.Contains(id) || members.Contains(stat.Parent))
            {
                members.Add(id);
                sum += stat.Seconds;
            }
        }

        return sum;
    }

    /// <summary>Of a process and all that came of it, what has ended meanwhile included: Postgres ends what is idle, and its vacuum when it is done.</summary>
    public static double OfAll(int root) => OfTree(root) + (Read(root)?.Ended ?? 0);

    /// <summary>The process that was started with an argument; the youngest parent of its kind.</summary>
    public static int Find(string argument) => Process.GetProcesses().Where(p => CommandLine(p.Id).Contains(argument, StringComparison.Ordinal)).Min(p => p.Id);

    private static string CommandLine(int process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{process}/cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended meanwhile
        }
    }

    private static (int Parent, double Seconds, double Ended)? Read(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), Seconds(fields, 11), Seconds(fields, 13));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended meanwhile
        }
    }

    // In user mode and in the kernel.
    private static double Seconds(string[] fields, int at) => (long.Parse(fields[at], CultureInfo.InvariantCulture) + long.Parse(fields[at + 1], CultureInfo.InvariantCulture)) / TicksPerSecond;
}
