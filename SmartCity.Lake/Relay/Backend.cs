using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace SmartCity.Lake.Relay;

/// <summary>Where the real Postgres is.</summary>
/// <param name="connectionString">As Npgsql reads it; a host that begins with '/' is the folder of a socket. With <c>SSL Mode</c> Require, VerifyCA or VerifyFull the way there is encrypted.</param>
internal sealed class Backend(string connectionString)
{
    private static readonly byte[] SslRequest = [0, 0, 0, 8, 4, 210, 22, 47];

    private readonly NpgsqlConnectionStringBuilder _settings = new(connectionString);

    public string Database => _settings.Database ?? _settings.Username ?? "";

    public int Port => _settings.Port;

    private bool IsFile => _settings.Host?.StartsWith('/') == true;

    /// <summary>Whether Postgres runs on this machine, as far as its address says.</summary>
    public bool IsHere => IsFile || _settings.Host is null or "localhost" or "127.0.0.1" or "::1";

    /// <exception cref="SocketException">It does not answer.</exception>
    /// <exception cref="AuthenticationException">It does not encrypt, or has not the certificate that it must have.</exception>
    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = IsFile ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream stream = Stream.Null;
        try
        {
            await (IsFile
                ? socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_settings.Host!, $".s.PGSQL.{_settings.Port}")), cancellationToken)
                : socket.ConnectAsync(_settings.Host ?? "localhost", _settings.Port, cancellationToken));
            stream = new NetworkStream(socket, ownsSocket: true);
            return IsFile || _settings.SslMode is not (SslMode.Require or SslMode.VerifyCA or SslMode.VerifyFull) ? stream : await EncryptAsync(stream, cancellationToken);
        }
        catch
        {
            await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(SslRequest, cancellationToken);
        var answer = new byte[1];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        if (answer[0] != (byte)'S')
        {
            throw new AuthenticationException($"Postgres at {_settings.Host} does not encrypt, and SSL Mode is {_settings.SslMode}.");
        }

        var secure = new SslStream(stream);
        try
        {
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = _settings.Host, EnabledSslProtocols = SslProtocols.None, RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors) }, cancellationToken);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private bool IsTrusted(X509Certificate? certificate, X509Chain? given, SslPolicyErrors errors)
    {
        if (_settings.SslMode == SslMode.Require)
        {
            return true;
        }

        if (certificate is null || (_settings.SslMode == SslMode.VerifyFull && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)))
        {
            return false;
        }

        if (_settings.RootCertificate is not { } file)
        {
            return !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ExtraStore.AddRange(given?.ChainElements.Select(e => e.Certificate).ToArray() ?? []);
        using var one = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(one);
    }
}
