using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace VllmAdapter.Tool.Guard;

/// <summary>The certificate with which a guard listens on https, and those between it and its root.</summary>
/// <param name="Certificate">The certificate, with its private key.</param>
/// <param name="Chain">The others of its file.</param>
internal sealed record GuardCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>The variable of the environment that holds the password, if nothing else is said.</summary>
    public const string PasswordVariable = "VLLM_ADAPTER_CERTIFICATE_PASSWORD";

    /// <summary>Reads a certificate from a PEM or a PFX file.</summary>
    /// <param name="path">The file. As PEM it may hold the chain too, the certificate first.</param>
    /// <param name="keyPath">The PEM file of the private key; null if it is in the same file.</param>
    /// <param name="password">The password of the key, or of the PFX file; null for none.</param>
    /// <exception cref="ToolException">It cannot be used; the message says why.</exception>
    public static GuardCertificate Load(string path, string? keyPath, string? password)
    {
        byte[] file = Read(path, "certificate");
        try
        {
            return file.AsSpan().IndexOf("-----BEGIN "u8) >= 0
                ? OfPem(path, Encoding.UTF8.GetString(file), keyPath is null ? null : Encoding.UTF8.GetString(Read(keyPath, "key")), password)
                : OfPfx(path, file, keyPath, password);
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException)
        {
            string hint = password is null ? $"If it has a password, put it into the variable {PasswordVariable}." : "Check the password.";
            throw new ToolException($"The certificate {path} cannot be opened: {unusable.Message.TrimEnd('.')}. {hint}", ExitCode.Unusable, unusable);
        }
    }

    private static GuardCertificate OfPem(string path, string pem, string? key, string? password)
    {
        key ??= pem;
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw WithoutKey(path);

        bool isEncrypted = key.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal);
        using X509Certificate2 read = isEncrypted
            ? X509Certificate2.CreateFromEncryptedPem(pem, key, password ?? "")
            : X509Certificate2.CreateFromPem(pem, key);

        // Windows serves no key that lives in memory alone.
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(pem);
        return new GuardCertificate(certificate, Others(chain, certificate));
    }

    private static GuardCertificate OfPfx(string path, byte[] file, string? keyPath, string? password)
    {
        if (keyPath is not null)
            throw new ToolException($"{path} is no PEM file, so its key is in it: leave --certificate-key out.");

        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12Collection(file, password);
        X509Certificate2 certificate = all.FirstOrDefault(static one => one.HasPrivateKey) ?? throw WithoutKey(path);
        return new GuardCertificate(certificate, Others(all, certificate));
    }

    private static X509Certificate2Collection Others(X509Certificate2Collection all, X509Certificate2 certificate) =>
        [.. all.Where(one => one.Thumbprint != certificate.Thumbprint)];

    private static ToolException WithoutKey(string path) => new($"{path} holds no private key. Name its file with --certificate-key.");

    private static byte[] Read(string path, string what)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ToolException($"The {what} cannot be read: {unreadable.Message}", ExitCode.Unusable, unreadable);
        }
    }
}
