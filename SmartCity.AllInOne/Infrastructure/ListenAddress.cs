using System.Net;
using System.Net.Sockets;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Where this process listens, and the address under which it reaches itself.</summary>
/// <param name="Urls">As Kestrel wants them, separated by semicolons; port 0 is already replaced by a free one.</param>
/// <param name="Own">The first of them with a host that can be called.</param>
internal sealed record ListenAddress(string Urls, Uri Own)
{
    /// <exception cref="InvalidOperationException">An address is not valid or its port is in use; the message is for the user.</exception>
    public static ListenAddress Parse(string urls)
    {
        var given = urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (given.Length == 0)
        {
            throw new InvalidOperationException("--urls is empty; give an address such as http://127.0.0.1:8080.");
        }

        var listening = Array.ConvertAll(given, Free);
        return new ListenAddress(string.Join(';', listening.Select(l => l.Url)), listening[0].Own);
    }

    private static (string Url, Uri Own) Free(string url)
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
        return ($"{uri.Scheme}://{uri.Host}:{port}", own);
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
