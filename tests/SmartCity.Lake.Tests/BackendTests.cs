using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Tests;

/// <summary>The way on to Postgres is as the connection string says.</summary>
public sealed class BackendTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lake-backend").FullName;

    [Theory]
    [InlineData("SSL Mode=VerifyFull;Root Certificate={ca}", "localhost", true)]
    [InlineData("SSL Mode=VerifyCA;Root Certificate={ca}", "another", true)]
    [InlineData("SSL Mode=Require", "another", true)]
    [InlineData("SSL Mode=VerifyFull;Root Certificate={ca}", "another", false)]
    [InlineData("SSL Mode=VerifyFull", "localhost", false)]
    [InlineData("SSL Mode=VerifyCA;Root Certificate={other}", "localhost", false)]
    public async Task It_encrypts_with_whom_it_should_trust_alone(string settings, string name, bool isTrusted)
    {
        using var certificate = Certificate(name);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = ServeAsync(listener, certificate, 'S');
        var backend = new Backend($"Host=localhost;Port={((IPEndPoint)listener.LocalEndpoint).Port};{settings.Replace("{ca}", Pem(certificate), StringComparison.Ordinal).Replace("{other}", Pem(Certificate("x")), StringComparison.Ordinal)}");
        if (isTrusted)
        {
            await using var stream = await backend.ConnectAsync(TestContext.Current.CancellationToken);
            await stream.WriteAsync(new byte[] { 7 }, TestContext.Current.CancellationToken);
            Assert.Equal(7, await server);
        }
        else
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => backend.ConnectAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task It_does_not_go_on_in_the_clear()
    {
        using var certificate = Certificate("localhost");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = ServeAsync(listener, certificate, 'N');
        var refused = await Assert.ThrowsAsync<AuthenticationException>(() => new Backend($"Host=localhost;Port={((IPEndPoint)listener.LocalEndpoint).Port};SSL Mode=Require").ConnectAsync(TestContext.Current.CancellationToken));
        Assert.Contains("does not encrypt", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<int> ServeAsync(TcpListener listener, X509Certificate2 certificate, char answer)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.GetStream().ReadExactlyAsync(new byte[8], TestContext.Current.CancellationToken);
        client.GetStream().WriteByte((byte)answer);
        using var secure = new SslStream(client.GetStream());
        await secure.AuthenticateAsServerAsync(certificate);
        return secure.ReadByte();
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private string Pem(X509Certificate2 certificate)
    {
        var file = Path.Combine(_folder, $"{certificate.Thumbprint}.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }
}
