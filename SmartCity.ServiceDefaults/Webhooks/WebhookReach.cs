using System.Net;
using System.Net.Sockets;

namespace SmartCity.ServiceDefaults.Webhooks;

/// <summary>
/// Where a webhook may go. Whoever may name a receiver must not reach through it what only this machine reaches: services of the cluster, a cloud's
/// metadata. The address is looked at when the connection is made, so a name that leads elsewhere a moment later gains nothing.
/// </summary>
public static class WebhookReach
{
    /// <param name="allowPrivate">Receivers in private networks, on this machine and beside it too.</param>
    public static SocketsHttpHandler Handler(bool allowPrivate)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        if (!allowPrivate)
        {
            // A proxy would look the name up itself.
            handler.UseProxy = false;
            handler.ConnectCallback = ConnectAsync;
        }

        return handler;
    }

    /// <summary>Whether an address is anybody's on the internet: not private, loopback, link-local, shared, reserved or multicast.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return IsPublic(address.MapToIPv4());
        }

        var b = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !(b[0] is 0 or 10 or 127 or >= 224
                || (b[0] == 100 && b[1] is >= 64 and < 128)
                || (b[0] == 169 && b[1] == 254)
                || (b[0] == 172 && b[1] is >= 16 and < 32)
                || (b[0] == 192 && b[1] == 168)
                || (b[0] == 192 && b[1] == 0 && b[2] is 0 or 2)
                || (b[0] == 198 && b[1] is 18 or 19)
                || (b[0] == 198 && b[1] == 51 && b[2] == 100)
                || (b[0] == 203 && b[1] == 0 && b[2] == 113));
        }

        // Of IPv6 only 2000::/3 is handed out; 64:ff9b::/96, 2002::/16 and 2001::/32 lead to IPv4.
        return b[0] is >= 0x20 and < 0x40 && !(b[0] == 0x20 && b[1] == 0x02) && !(b[0] == 0x20 && b[1] == 0x01 && b[2] is 0x00 or 0x0D && b[3] is 0x00 or 0xB8);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var reachable = Array.FindAll(addresses, IsPublic);
        if (reachable.Length == 0)
        {
            throw new IOException($"{host} is an address of a private network or of this machine, where webhooks may not go. Allow it with Core:Webhooks:AllowPrivate if you trust whoever adds webhooks.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(reachable, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
