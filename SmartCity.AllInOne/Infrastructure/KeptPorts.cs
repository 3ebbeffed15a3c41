using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Loopback ports that a server keeps from one start to the next, in a file of its folder: whoever knew its address finds it again.</summary>
internal static class KeptPorts
{
    /// <summary>The ports of the file where they are free, else new ones, which the file then holds.</summary>
    /// <param name="wanted">The first port, given by the user; null where any will do.</param>
    /// <exception cref="InvalidOperationException">The port that the user wants is in use.</exception>
    public static async Task<int[]> TakeAsync(string file, int count, int? wanted, CancellationToken cancellationToken)
    {
        if (wanted is { } port && !IsFree(port))
        {
            throw new InvalidOperationException($"Port {port} is in use; stop what listens there, or name another with --port.");
        }

        var kept = await ReadAsync(file, cancellationToken);
        if (kept.Length == count && (wanted is null || kept[0] == wanted) && kept.All(IsFree))
        {
            return kept;
        }

        int[] ports = [wanted ?? Processes.FreePort(), .. Enumerable.Range(1, count - 1).Select(_ => Processes.FreePort())];
        await File.WriteAllTextAsync(file, string.Join(' ', ports.Select(p => p.ToString(CultureInfo.InvariantCulture))), cancellationToken);
        return ports;
    }

    private static async Task<int[]> ReadAsync(string file, CancellationToken cancellationToken) =>
        File.Exists(file)
            ? [.. (await File.ReadAllTextAsync(file, cancellationToken)).Split(' ').Select(p => int.TryParse(p, CultureInfo.InvariantCulture, out var port) ? port : 0).Where(p => p is > 0 and <= IPEndPoint.MaxPort)]
            : [];

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
