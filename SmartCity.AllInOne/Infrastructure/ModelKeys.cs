using System.Text;
using SmartCity.Contracts.Models;
using SmartCity.ServiceDefaults;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The key pair that models are signed with on this machine: made at the first start, the private half for this user alone.</summary>
internal static class ModelKeys
{
    public static string Private(string data) => Path.Combine(data, "model-signing.pem");

    public static string Public(string data) => Path.Combine(data, "model-signing.pub");

    /// <summary>Makes them if they are not there.</summary>
    public static void Ensure(string data)
    {
        if (!File.Exists(Private(data)))
        {
            var pem = ModelSigner.NewKey();
            PrivateFile.Write(Private(data), stream => stream.Write(Encoding.ASCII.GetBytes(pem)));
        }

        using var signer = ModelSigner.Of(File.ReadAllText(Private(data)));
        File.WriteAllText(Public(data), signer.PublicKeyPem);
    }
}
