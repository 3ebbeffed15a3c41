using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Where analysts connect. It listens from the beginning, so that nobody else takes the port.</summary>
internal sealed class SqlAddress : IDisposable
{
    private const int Usual = 5433;

    private SqlAddress(TcpListener listener) => Listener = listener;

    public TcpListener Listener { get; }

    /// <summary>As a client of this machine names it.</summary>
    public IPEndPoint Shown => (IPEndPoint)Listener.LocalEndpoint is { Address: var address, Port: var port } && address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, port) : (IPEndPoint)Listener.LocalEndpoint;

    /// <summary>On <c>Lake:Port</c> if it is set; else on the port of the last start, 5433, or one that is free.</summary>
    /// <exception cref="InvalidOperationException">The port that is set is in use, or the address is none of this machine.</exception>
    public static async Task<SqlAddress> ListenAsync(IConfiguration configuration, DataFolder data, CancellationToken cancellationToken)
    {
        var address = IPAddress.TryParse(configuration["Lake:Address"] ?? "127.0.0.1", out var given) ? given : throw new InvalidOperationException($"Lake:Address is '{configuration["Lake:Address"]}'; it must be an IP address, such as 127.0.0.1 or 0.0.0.0.");
        if (configuration["Lake:Port"] is { Length: > 0 } text)
        {
            var port = int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= IPEndPoint.MaxPort ? number : throw new InvalidOperationException($"Lake:Port is '{text}'; it must be from 0 to {IPEndPoint.MaxPort}.");
            return Listen(address, port, out var why) ?? throw new InvalidOperationException($"The city's SQL cannot listen on {address}:{port}: {why}. Set Lake__Port to another port.");
        }

        var file = data.Below("lake-port");
        var last = File.Exists(file) && int.TryParse(await File.ReadAllTextAsync(file, cancellationToken), CultureInfo.InvariantCulture, out var kept) && kept is > 0 and <= IPEndPoint.MaxPort ? kept : Usual;
        var listening = Listen(address, last, out _) ?? Listen(address, Usual, out _) ?? Listen(address, 0, out var reason) ?? throw new InvalidOperationException($"The city's SQL cannot listen on {address}: {reason}. Set Lake__Address to an address of this machine.");
        await File.WriteAllTextAsync(file, listening.Shown.Port.ToString(CultureInfo.InvariantCulture), cancellationToken);
        return listening;
    }

    public void Dispose() => Listener.Dispose();

    private static SqlAddress? Listen(IPAddress address, int port, out string? why)
    {
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            why = null;
            return new SqlAddress(listener);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            why = e.Message;
            return null;
        }
    }
}
