using System.Net;
using System.Net.Sockets;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Where this process listens, and the address under which it reaches itself.</summary>
/// <param name="Urls">As Kestrel wants them, separated by semicolons; port 0 is already replaced by a free one.</param>
/// <param name="Shown">The first that was given, with a host that can be called: what people open.</param>
/// <param name="Own">The first that needs no certificate. If all that were given need one, another is added that only this machine can call.</param>
internal sealed record ListenAddress(string Urls, Uri Shown, Uri Own)
{
    private const string ThisMachineAlone = "http://127.0.0.1:0";

    /// <summary>Names and addresses that people reach the https addresses by; empty if there is none.</summary>
    public IReadOnlyCollection<string> Secured { get; private init; } = [];

    /// <summary>Addresses that other machines reach without encryption.</summary>
    public IReadOnlyCollection<string> Open { get; private init; } = [];

    /// <exception cref="InvalidOperationException">An address is not valid or its port is in use; the message is for the user.</exception>
    public static ListenAddress Parse(string urls)
    {
        var given = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (given.Length == 0)
        {
            throw new InvalidOperationException("--urls is empty; give an address such as http://127.0.0.1:8080.");
        }

        var listening = given.Select(Free).ToList();
        if (listening.TrueForAll(l => l.Own.Scheme == Uri.UriSchemeHttps))
        {
            listening.Add(Free(ThisMachineAlone));
        }

        var secured = listening.FindAll(l => l.Own.Scheme == Uri.UriSchemeHttps);
        return new ListenAddress(string.Join(';', listening.Select(l => l.Url)), listening[0].Own, listening.Find(l => l.Own.Scheme == Uri.UriSchemeHttp).Own)
        {
            Secured = secured.Count == 0 ? [] : [.. secured.Select(l => l.Own.Host.Trim('[', ']')).Concat(["localhost", "127.0.0.1", Dns.GetHostName()]).Distinct(StringComparer.OrdinalIgnoreCase)],
            Open = [.. listening.Where(l => l.Own.Scheme == Uri.UriSchemeHttp && (l.Any || !l.Own.IsLoopback)).Select(l => l.Url)],
        };
    }

    private static (string Url, Uri Own, bool Any) Free(string url)
    {
        // Kestrel's "any address" hosts are no hosts of a URI.
        var callable = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(callable, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException($"--urls: '{url}' is not an address such as http://127.0.0.1:8080.");
        }

        var any = uri.Host is "0.0.0.0" or "[::]";
        var address = any ? IPAddress.Any : uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? ip : null;
        var port = uri.Port;
        if (address is not null)
        {
            port = Listen(url, address, port);
        }

        var own = new UriBuilder(uri) { Port = port, Host = any ? "127.0.0.1" : uri.Host }.Uri;
        return ($"{uri.Scheme}://{uri.Host}:{port}", own, any);
    }

    private static int Listen(string url, IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new InvalidOperationException($"Port {port} of {url} is in use. Stop the program that listens there, or choose another port with --urls http://127.0.0.1:PORT.", e);
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException($"This machine cannot listen on {url}: {e.Message}.", e);
        }
    }
}
